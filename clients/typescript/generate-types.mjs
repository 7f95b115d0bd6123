/** Writes src/openapi.ts, the types of the OpenAPI document; with `--check` says instead whether it is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import openapiTS, { astToString } from 'openapi-typescript';

const document = new URL('../../gateway/openapi.json', import.meta.url);
const path = new URL('src/openapi.ts', import.meta.url);

const types = astToString(await openapiTS(document, { alphabetize: true, defaultNonNullable: false }));
const text = `/** Generated from gateway/openapi.json by \`node clients/typescript/generate-types.mjs\`; do not edit. */\n\n${types}`;

if (!process.argv.includes('--check')) {
  writeFileSync(path, text);
} else if (readFileSync(path, 'utf8') !== text) {
  console.error('clients/typescript/src/openapi.ts is stale: run npm run generate');
  process.exitCode = 1;
}
