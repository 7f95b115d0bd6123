/** Prints every source file whose name or folder name breaks the naming rules; exits 1 if there is one. */
import { globSync } from 'node:fs';
import { basename } from 'node:path';

const sources = '{packages,services,gateway,tools,clients,deploy,scripts,test}/**/*.{ts,js,mjs,cjs}';
const notOurs = /(^|\/)(node_modules|dist|coverage|cdk\.out)$/;

const vague = new Set(['utils', 'helpers', 'common', 'shared', 'misc', 'lib', 'core', 'base', 'manager']);
const kebabCase = /^[a-z0-9]+(-[a-z0-9]+)*$/;
const packageIndex = /^(packages|tools|clients)\/[^/]+\/src\/index\.ts$/;

const complaints = [];
for (const path of globSync(sources, { exclude: (each) => notOurs.test(each) })) {
  // 'votes/test/cast-vote.test.ts' → votes, test, cast-vote
  const names = path.split('/').map((part) => part.replace(/\..*$/, ''));

  if (names.some((name) => vague.has(name))) complaints.push(`${path} says nothing about what is in it`);
  if (!names.every((name) => kebabCase.test(name))) complaints.push(`${path} is not kebab-case`);
  if (basename(path) === 'index.ts' && !packageIndex.test(path)) complaints.push(`${path} is a barrel`);
}

for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length > 0 ? 1 : 0;
