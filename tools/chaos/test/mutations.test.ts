import { readFileSync } from 'node:fs';
import { stripTypeScriptTypes } from 'node:module';
import { join } from 'node:path';
import { describe, expect, it } from '@jest/globals';
import { checkout } from '@agora/local-stack';
import { allFaults } from '../src/faults/inject-faults.js';
import { mutate, mutations } from '../src/mutations/mutations.js';

describe.each(Object.entries(mutations))('the mutation "%s"', (name, { file, faults }) => {
  it('fits the code as it is compiled, and leaves it JavaScript', () => {
    const source = readFileSync(join(checkout, file), 'utf8');
    expect(mutate(name, source)).not.toBe(source);
    expect(() => stripTypeScriptTypes(mutate(name, source))).not.toThrow();
  });

  it('is brought to light by faults that exist', () => {
    expect(faults.filter((kind) => allFaults.every((fault) => fault.kind !== kind))).toEqual([]);
  });
});

it('does not fit other code', () => {
  expect(() => mutate('no inbox', 'export const nothing = 1;')).toThrow(/fits 0 times/);
});
