import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const pathOf = (name: string) => fileURLToPath(new URL(`../${name}`, import.meta.url));
const page = readFileSync(pathOf('docs/security.md'), 'utf8');

/** How many statements the contract has of each letter, or which of them are listed yet. */
const statements = {
  G: 10,
  T: 9,
  A: 15,
  F: 5,
  R: 3,
  Z: 6,
  I: 7,
  C: 4,
  L: [1, 2, 3, 4, 9, 10],
  K: 2,
  D: 3,
  N: 3,
  X: 5,
  Y: 5,
};

const rows = page.split('\n').filter((line) => /^\| [A-Z]-\d+ \|/.test(line));
const idOf = (row: string) => row.slice(2, row.indexOf(' |', 2));

describe('docs/security.md', () => {
  it('has a row for every statement', () => {
    const ids = Object.entries(statements).flatMap(([letter, listed]) =>
      (typeof listed === 'number' ? Array.from({ length: listed }, (_, index) => index + 1) : listed).map(
        (number) => `${letter}-${number}`,
      ),
    );
    expect(rows.map(idOf)).toEqual(ids);
  });

  it.each(rows.map((row) => [idOf(row), row] as const))('names for %s what is there', (_id, row) => {
    for (const [, path = '', names = ''] of row.matchAll(/`([^`]+)`((?: “[^”]+”)*)/g)) {
      expect([path, existsSync(pathOf(path))]).toEqual([path, true]);
      const content = readFileSync(pathOf(path), 'utf8');
      for (const [, name = ''] of names.matchAll(/“([^”]+)”/g)) expect(content).toContain(name);
    }
  });
});
