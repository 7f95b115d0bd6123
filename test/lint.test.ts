import { execFile } from 'node:child_process';
import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));

/** One violation of each decision that this repository made itself; the categories that oxlint brings need no proof. */
const violations: [rule: string, file: string, code: string][] = [
  [
    'typescript(no-floating-promises)',
    'src/floating.ts',
    'export const run = () => { Promise.resolve(1); };',
  ],
  [
    'typescript(no-misused-promises)',
    'src/misused.ts',
    'export const run = () => [1].forEach(async () => {});',
  ],
  ['typescript(await-thenable)', 'src/await.ts', 'export const run = async () => { await 1; };'],
  ['typescript(no-explicit-any)', 'src/any.ts', 'export const value = (given: any): unknown => given;'],
  [
    'typescript(no-non-null-assertion)',
    'src/not-null.ts',
    'export const first = (all: string[]) => all[0]!;',
  ],
  ['house(no-enum)', 'src/enum.ts', "export enum Direction { Up = 'up' }"],
  ['house(no-i-prefix)', 'src/prefix.ts', 'export interface IVote { readonly dir: 1 }'],
  [
    'house(no-query-through-model)',
    'src/query.ts',
    "export const run = (model: { sequelize?: { query(text: string): void } }) => model.sequelize?.query('');",
  ],
  ['import(no-default-export)', 'src/default.ts', 'const value = 1; export default value;'],
  ['import(no-cycle)', 'src/circle.ts', "import { circle } from './circle.js'; export const round = circle;"],
  ['unicorn(filename-case)', 'src/castVote.ts', 'export const value = 1;'],
  ['node(no-process-env)', 'src/environment.ts', 'export const home = process.env;'],
  ['eslint(no-console)', 'src/console.ts', "export const say = () => console.log('');"],
  ['eslint(eqeqeq)', 'src/equal.ts', 'export const same = (a: string, b: string) => a == b;'],
  ['eslint(no-unused-vars)', 'src/unused.ts', 'const value = 1; export const other = 2;'],
  ['jest(no-focused-tests)', 'test/focused.test.ts', "it.only('adds', () => { expect(1).toBe(1); });"],
  ['jest(no-disabled-tests)', 'test/skipped.test.ts', "it.skip('adds', () => { expect(1).toBe(1); });"],
];

const allowed: [file: string, code: string][] = [
  ['src/config.ts', 'export const home = process.env;'],
  ['tools/local-stack/src/commands/start.ts', "console.log('ready', process.env);"],
  ['jest.config.js', 'export default {};'],
];

let tree: string;
let found: Map<string, string[]>;
beforeAll(async () => {
  tree = await mkdtemp(join(tmpdir(), 'lint-'));
  for (const file of ['.oxlintrc.json', 'scripts/house-rules.mjs'])
    await cp(join(repository, file), join(tree, file));
  await write('tsconfig.json', JSON.stringify({ compilerOptions: { strict: true, types: [] } }));
  for (const [, file, code] of violations) await write(file, code);
  for (const [file, code] of allowed) await write(file, code);
  found = await lint();
});
afterAll(() => rm(tree, { recursive: true }));

describe('lint', () => {
  it.each(violations)('%s', (rule, file) => {
    expect(found.get(file)).toContain(rule);
  });

  it.each(allowed)('lets %s do what is forbidden elsewhere', (file) => {
    expect(found.get(file)).toBeUndefined();
  });
});

async function write(file: string, code: string): Promise<void> {
  await mkdir(dirname(join(tree, file)), { recursive: true });
  await writeFile(join(tree, file), `${code}\n`);
}

/** The names of the broken rules by file. */
async function lint(): Promise<Map<string, string[]>> {
  const oxlint = join(repository, 'node_modules/.bin/oxlint');
  const run = promisify(execFile)(process.execPath, [oxlint, '--format', 'json'], { cwd: tree });
  const { stdout } = await run.catch((failure: { stdout: string }) => failure);
  const { diagnostics } = JSON.parse(stdout) as { diagnostics: { filename: string; code: string }[] };
  const rules = new Map<string, string[]>();
  for (const { filename, code } of diagnostics) rules.set(filename, [...(rules.get(filename) ?? []), code]);
  return rules;
}
