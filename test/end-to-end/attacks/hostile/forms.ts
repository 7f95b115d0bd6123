import fc from 'fast-check';
import { hostileNumber, hostileString, mostly, oneOf } from './values.js';

const value = fc.oneof(
  hostileString.map((text) => encodeURIComponent(text.toWellFormed())),
  hostileNumber,
  oneOf('%00 %ff % %zz %ed%a0%80 + a[b]=c && = %F0%9F%98%80'),
);

const pairs = (names: string) => fc.tuple(oneOf(names), value).map((pair) => pair.join('='));
const anyOf = (pair: fc.Arbitrary<string>) =>
  fc.array(pair, { maxLength: 6 }).map((given) => given.join('&'));

const wrongLogin = fc.constant('username=nobody@example.test&password=wrong');

/** A form: a login that fails, or fields that are missing, repeated, nested and wrongly escaped. */
export const hostileForm = fc.oneof(
  wrongLogin,
  anyOf(
    fc.oneof(
      oneOf(
        'username=nobody@example.test password=wrong grant_type=password grant_type=x scope=a refresh_token=x',
      ),
      pairs('username password grant_type refresh_token __proto__ a[b]'),
    ),
  ),
);

/** A query string, mostly none. */
export const hostileQuery = mostly(
  '',
  anyOf(
    pairs('limit skip search sort period owner_id cursor post_ids limit[] __proto__[x] access_token'),
  ).map((text) => `?${text}`),
);
