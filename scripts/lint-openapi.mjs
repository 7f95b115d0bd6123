/** Judges gateway/openapi.json and gateway/asyncapi.json by Redocly's recommended rules, and a few of our own choice; prints what is wrong and exits 1. */
import { fileURLToPath } from 'node:url';
import { createConfig, formatProblems, getTotals, lint } from '@redocly/openapi-core';

const documents = ['openapi.json', 'asyncapi.json'].map((name) =>
  fileURLToPath(new URL(`../gateway/${name}`, import.meta.url)),
);

const config = await createConfig({
  extends: ['recommended-strict'],
  rules: {
    'operation-operationId': 'error',
    'operation-description': 'off', // a summary says enough where there is nothing more to know
    'info-license': 'error',
    'tag-description': 'error',
    'no-invalid-media-type-examples': 'error',
    'no-invalid-schema-examples': 'error',
    'no-invalid-parameter-examples': 'error',
  },
});
const problems = (await Promise.all(documents.map((ref) => lint({ ref, config })))).flat();
formatProblems(problems, { totals: getTotals(problems), version: '', maxProblems: 50 });
process.exitCode = problems.length > 0 ? 1 : 0;
