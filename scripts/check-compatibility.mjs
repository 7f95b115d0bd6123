/**
 * Compares gateway/openapi.json and gateway/asyncapi.json with those of the last release, in docs/released, and refuses what breaks clients or consumers and
 * is not mentioned in docs/contract-changes.md of the working directory. With `--release` the current documents become those of the last release.
 */
import { copyFileSync, readFileSync } from 'node:fs';
import { compareAsyncApi, compareOpenApi } from './compatibility/compare-documents.mjs';

const read = (path) => JSON.parse(readFileSync(path, 'utf8'));
const compare = { 'openapi.json': compareOpenApi, 'asyncapi.json': compareAsyncApi };

if (process.argv.includes('--release')) {
  for (const name of Object.keys(compare)) copyFileSync(`gateway/${name}`, `docs/released/${name}`);
} else {
  const announced = readFileSync('docs/contract-changes.md', 'utf8');
  const untold = Object.entries(compare)
    .flatMap(([name, differences]) => differences(read(`docs/released/${name}`), read(`gateway/${name}`)))
    .filter((change) => !announced.includes(`\`${change}\``));
  if (untold.length > 0) {
    const list = [...new Set(untold)].map((change) => `  - \`${change}\``).join('\n');
    console.error(
      `This breaks users of the last release:\n${list}\nIf it cannot be avoided, add each line to docs/contract-changes.md and say what to do.`,
    );
    process.exitCode = 1;
  }
}
