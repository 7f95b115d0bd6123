import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { layoutOf } from '../src/stack/checkout.js';
import { keptSecrets } from '../src/stack/secrets.js';
import { emptyFolder } from './temporary.js';

describe('the secrets of a checkout', () => {
  it('are random, created once and readable by nobody else', () => {
    const [one, other] = [layoutOf(emptyFolder()), layoutOf(emptyFolder())];
    for (const { data } of [one, other]) mkdirSync(data);
    const made = keptSecrets(one);
    expect(keptSecrets(one)).toEqual(made);
    expect(keptSecrets(other).signingKeySecret).not.toBe(made.signingKeySecret);
    expect(made.signingKeySecret).toMatch(/^[0-9a-f]{64}$/);
    expect(statSync(one.secrets).mode & 0o077).toBe(0);
  });

  it('are extended when the checkout needs new ones', () => {
    const layout = layoutOf(emptyFolder());
    mkdirSync(layout.data);
    const { cursorSecret, ...older } = keptSecrets(layout);
    writeFileSync(layout.secrets, JSON.stringify(older));
    const grown = keptSecrets(layout);
    expect(grown).toEqual({ ...older, cursorSecret: expect.stringMatching(/^[0-9a-f]{64}$/) });
    expect(grown.cursorSecret).not.toBe(cursorSecret);
    expect(JSON.parse(readFileSync(layout.secrets, 'utf8'))).toEqual(grown);
  });

  it('are not created again next to data that only the lost ones decrypt', () => {
    const layout = layoutOf(emptyFolder());
    mkdirSync(layout.postgres, { recursive: true });
    expect(() => keptSecrets(layout)).toThrow(/secrets\.json is missing.*remove the folder \.data/);
  });
});
