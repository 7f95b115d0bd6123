import { randomBytes } from 'node:crypto';
import { expect, it } from '@jest/globals';
import { isCommonPassword } from '../../src/passwords/common-passwords.js';

it.each(['password', '12345678', 'PassWord1', 'qwertyuiop', 'iloveyou', 'trustno1', 'sunshine1'])(
  'knows %j as a common password',
  (password) => expect(isCommonPassword(password)).toBe(true),
);

it.each([
  'correct horse',
  'correct horse battery',
  'correct horse battery staple',
  'battery staple',
  'a long password',
])('takes %j for none', (password) => expect(isCommonPassword(password)).toBe(false));

it('mistakes fewer than one in 10,000 random strings for a common password', () => {
  const strings = Array.from({ length: 100_000 }, () => randomBytes(9).toString('base64url'));
  expect(strings.filter(isCommonPassword).length).toBeLessThan(10);
});

it('ignores case and Unicode composition', () => {
  expect(isCommonPassword('PASSWORD'.normalize('NFD'))).toBe(true);
});
