import fc, { type Arbitrary } from 'fast-check';

/** Nine times in ten the first, else one of the others: what is wrong everywhere gets nowhere. */
export const mostly = <Value>(usual: Value, others: Arbitrary<Value>): Arbitrary<Value> =>
  fc.oneof({ weight: 9, arbitrary: fc.constant(usual) }, { weight: 1, arbitrary: others });

/** One of the words of a text. */
export const oneOf = (words: string): Arbitrary<string> => fc.constantFrom(...words.trim().split(/\s+/));

/** Characters with codes in a range of UTF-16 code units, lone surrogates among them. */
export const charactersOf = (min: number, max: number): Arbitrary<string> =>
  fc.string({ unit: fc.integer({ min, max }).map((unit) => String.fromCharCode(unit)) });

const invisible = fc.constantFrom(
  '',
  ' ',
  '\0',
  'a\0b',
  '\ud800',
  '\udfff\ud800',
  '\ufeff',
  '\u202e',
  '\u212a@a.test',
  'a@b.test\n',
);
const famous = fc.oneof(
  fc.constantFrom("' OR 1=1 --", '"; DROP TABLE users; --', '\r\nX-Injected: 1', 'correct horse'),
  oneOf(`__proto__ constructor % _ \\ $1 :id {{7*7}} \${7*7} <script>alert(1)</script> ../../etc/passwd %00
         null NaN true -1 1e400 @ a@b İ@example.test`),
);
const huge = fc
  .tuple(oneOf('x 😀 \\'), fc.integer({ min: 1, max: 140_000 }))
  .map(([unit, size]) => unit.repeat(size));

/** A string that somebody somewhere has stumbled over. */
export const hostileString = fc.oneof(
  { weight: 5, arbitrary: fc.oneof(invisible, famous) },
  { weight: 3, arbitrary: fc.string({ unit: 'binary' }) },
  { weight: 2, arbitrary: charactersOf(0, 0xffff) },
  { weight: 1, arbitrary: huge },
);

/** A number, or what some parser takes for one, as text: JavaScript has no value for 1e400. */
export const hostileNumber = oneOf(`
  0 -0 1 -1 1.5 2 1e0 1E400 -1e400 1e-400 2147483647 2147483648 -2147483649 9007199254740993 18446744073709551616 0.1
  3.0000000000000000000001 01 +1 .5 0x10 NaN Infinity`);
