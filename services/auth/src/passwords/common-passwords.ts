import { readFileSync } from 'node:fs';
import { BloomFilter } from 'bloomfilter';

const filter = readFilter();

/**
 * Whether a password is one of the million most common, in any case. A Bloom filter never misses one, and takes one in a million
 * others for one (docs/decisions/0031-common-passwords-by-a-filter.md).
 */
export const isCommonPassword = (password: string): boolean =>
  filter.test(password.normalize('NFC').toLowerCase());

/** As services/auth/make-password-filter.mjs writes it: the number of hashes, then the bits, in integers of 32 bits. */
function readFilter(): BloomFilter {
  const { buffer } = new Uint8Array(
    readFileSync(new URL('../../data/common-passwords.bloom', import.meta.url)),
  );
  const [hashes = 0] = new Uint32Array(buffer, 0, 1);
  return new BloomFilter(new Uint32Array(buffer, 4), hashes);
}
