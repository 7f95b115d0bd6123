import fc, { type Arbitrary } from 'fast-check';
import { hostileNumber, hostileString, oneOf } from './values.js';

/** Values that a client must not be able to set; none of them can come about honestly. */
export const forged = { id: 1_999_999_999, votes: 31_337, year: '1999' };

/** Stand for the ids of posts that exist, which are known only when a request is sent. */
export const postPlaceholders = { own: '{own post}', foreign: '{foreign post}' };

/** The name of a field and its value as JSON. All here is text, for JavaScript has no object with a key twice. */
type Entry = [name: string, json: string];

const toObject = (entries: readonly Entry[]): string =>
  `{${entries.map(([name, json]) => `${JSON.stringify(name)}:${json}`).join(',')}}`;

const forbidden: Entry[] = [
  ['id', String(forged.id)],
  ['owner_id', String(forged.id)],
  ['user_id', String(forged.id)],
  ['votes', String(forged.votes)],
  ['created_at', `"${forged.year}-01-01T00:00:00Z"`],
  ['version', '99'],
  ['role', '"admin"'],
  ['__proto__', `{"id":${forged.id},"owner_id":${forged.id}}`],
  ['constructor', '{"prototype":{"isAdmin":true}}'],
  ['hasOwnProperty', '1'],
];

const password = fc.constant('"correct horse"');

/** What a client would send that means well. */
const honest: Record<string, Arbitrary<string>> = {
  email: fc.uuid().map((id) => `"${id}@example.test"`),
  password,
  current_password: password,
  new_password: password,
  refresh_token: fc.constant('"nobody-has-this-one"'),
  title: fc.constant('"A title"'),
  content: fc.constant('"Some content"'),
  published: oneOf('true false'),
  post_id: fc.constantFrom(postPlaceholders.own, postPlaceholders.foreign, '2147483647'),
  dir: oneOf('1 0 -1'),
};

const name = fc.oneof(
  fc.constantFrom(...Object.keys(honest), ...forbidden.map(([each]) => each)),
  hostileString,
);
const leaf = fc.oneof(
  oneOf('null true false [] {}'),
  hostileNumber,
  hostileString.map((value) => JSON.stringify(value)),
);

const { tree } = fc.letrec<{ tree: string }>((tie) => ({
  tree: fc.oneof(
    { depthSize: 'small', withCrossShrink: true },
    leaf,
    fc.array(tie('tree'), { maxLength: 8 }).map((items) => `[${items.join(',')}]`),
    fc.array(fc.tuple(name, tie('tree')), { maxLength: 8 }).map(toObject),
  ),
}));

/** A field as it should be, or with anything in it, or left out. */
const field = (each: string, value: Arbitrary<string>): Arbitrary<Entry[]> =>
  fc.oneof(
    { weight: 12, arbitrary: value.map((json): Entry[] => [[each, json]]) },
    { weight: 1, arbitrary: tree.map((json): Entry[] => [[each, json]]) },
    { weight: 1, arbitrary: fc.constant<Entry[]>([]) },
  );

/** Fields that endpoints know, and fields that none lets anybody set. */
const shaped = fc
  .tuple(fc.tuple(...Object.entries(honest).map((entry) => field(...entry))), fc.subarray(forbidden))
  .map(([known, more]) => toObject([...known.flat(), ...more]));

const deep = fc
  .tuple(
    fc.integer({ min: 1, max: 30_000 }),
    fc.constantFrom(['[', '1', ']'], ['{"a":', '1', '}'], ['[', '', '']),
  )
  .map(([depth, [open = '', inner = '', close = '']]) => open.repeat(depth) + inner + close.repeat(depth));
const wide = fc
  .integer({ min: 40, max: 9_000 })
  .map((count) => toObject(Array.from({ length: count }, (_, index): Entry => [`field${index}`, '1'])));
const cutShort = fc
  .tuple(shaped, fc.double({ min: 0, max: 1, noNaN: true }))
  .map(([text, part]) => text.slice(0, text.length * part));

/** JSON of every shape, and what only begins like it. */
export const hostileJson = fc.oneof(
  { weight: 7, arbitrary: shaped },
  { weight: 2, arbitrary: tree },
  { weight: 1, arbitrary: fc.oneof(deep, wide, cutShort) },
);
