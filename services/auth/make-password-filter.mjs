/**
 * `node services/auth/make-password-filter.mjs <list>`: makes services/auth/data/common-passwords.bloom of a list with one password a line, the most
 * common first. Passwords that nobody could choose anyway, by their length, are left out. Where the list is from: docs/decisions.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { BloomFilter } from 'bloomfilter';

const [list] = process.argv.slice(2);
if (!list) {
  process.stderr.write('Usage: node services/auth/make-password-filter.mjs <list>\n');
  process.exit(2);
}
/** One of a million strings that are not in the list is taken for one that is: 28.76 bits a password and 20 hashes, by the usual formulas. */
const falsePositives = 1e-6;

const lines = readFileSync(list, 'utf8').split(/\r?\n/);
const forms = new Set(lines.map((line) => line.normalize('NFC').toLowerCase()));
const chosen = [...forms].filter((form) => {
  const bytes = Buffer.byteLength(form);
  return bytes >= 8 && bytes <= 72;
});
const filter = BloomFilter.withTargetError(chosen.length, falsePositives);
for (const form of chosen) filter.add(form);

// The number of hashes, then the bits, as unsigned integers of 32 bits, little-endian.
const bytes = Buffer.alloc(4 * (filter.buckets.length + 1));
bytes.writeUInt32LE(filter.k, 0);
filter.buckets.forEach((bucket, index) => bytes.writeUInt32LE(bucket >>> 0, 4 * (index + 1)));
writeFileSync(new URL('data/common-passwords.bloom', import.meta.url), bytes);
process.stdout.write(
  `${forms.size} passwords, ${chosen.length} of them 8 to 72 bytes long: ${bytes.length} bytes, ${filter.k} hashes\n`,
);
