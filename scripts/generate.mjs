/** `npm run generate`: writes every generated file; with --check it writes nothing and ends with 1 when one is stale. */
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

const cwd = fileURLToPath(new URL('..', import.meta.url));
const generators = [
  'scripts/generate-event-docs.mjs',
  'scripts/generate-nats-rights.mjs',
  'scripts/generate-prometheus-rule.mjs',
  'scripts/generate-openapi.mjs',
  'clients/typescript/generate-types.mjs',
];

for (const generator of generators) {
  const { status } = spawnSync(process.execPath, [generator, ...process.argv.slice(2)], {
    cwd,
    stdio: 'inherit',
  });
  if (status !== 0) process.exit(status ?? 1);
}
