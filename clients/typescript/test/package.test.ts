import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, it } from '@jest/globals';

const folder = fileURLToPath(new URL('..', import.meta.url));
const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');

it('contains everything that its users need, and nothing else', () => {
  const output = execFileSync('npm', ['pack', '--dry-run', '--json', '--ignore-scripts', '--offline'], {
    cwd: folder,
    encoding: 'utf8',
  });
  const [{ files }] = JSON.parse(output) as [{ files: { path: string }[] }];
  const packed = new Set(files.map(({ path }) => path));
  const { exports } = JSON.parse(read('../package.json')) as { exports: { '.': Record<string, string> } };
  const { types, default: main } = exports['.'];

  for (const path of ['LICENSE', 'README.md', 'package.json', types, main])
    expect(packed).toContain(path?.replace('./', ''));
  for (const path of packed)
    expect(path).toMatch(/^(dist\/[\w-]+(\.d\.ts|\.js)|LICENSE|README\.md|package\.json)$/);
  expect(existsSync(new URL('../LICENSE', import.meta.url)) && read('../LICENSE')).toBe(
    read('../../../LICENSE'),
  );
});
