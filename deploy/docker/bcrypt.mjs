/**
 * bcrypt as NATS verifies it ($2b$), for passwords of at most 72 bytes. The package `bcrypt` is what services use; this file is for what has
 * to run in a clone where nothing is installed. After Provos and Mazières, "A Future-Adaptable Password Scheme" (1999); a test compares it
 * with the package.
 */
import { randomBytes } from 'node:crypto';

const digits = './ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';
const plain = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
/** Blowfish begins with the first 18 + 4 × 256 words of the fraction of π. */
const [subkeys, boxes] = [18, 1024];
let initial;

/** The hash of a password, with a random salt and 2^cost rounds. */
export function hashPassword(password, cost, salt = randomBytes(16)) {
  const key = Buffer.from(`${password}\0`);
  if (key.length > 73) throw new Error('bcrypt takes passwords of 72 bytes at most');
  initial ??= fractionOfPi(subkeys + boxes);
  const state = Uint32Array.from(initial);
  expandKey(state, key, salt);
  for (let round = 0; round < 2 ** cost; round += 1) {
    expandKey(state, key);
    expandKey(state, salt);
  }
  const text = Buffer.from('OrpheanBeholderScryDoubt');
  const words = Uint32Array.from({ length: 6 }, (_, index) => text.readUInt32BE(index * 4));
  for (let index = 0; index < 6; index += 2)
    for (let time = 0; time < 64; time += 1) encrypt(state, words, index);
  const hash = Buffer.alloc(24);
  words.forEach((word, index) => hash.writeUInt32BE(word, index * 4));
  // The last of the 24 bytes is left out, as in the first implementation.
  return `$2b$${String(cost).padStart(2, '0')}$${encode(salt)}${encode(hash.subarray(0, 23))}`;
}

/** Mixes the key into the subkeys, and replaces the whole state by encrypting (with the salt) over and over. */
function expandKey(state, key, salt) {
  for (let index = 0; index < subkeys; index += 1) state[index] ^= wordAt(key, index);
  const block = new Uint32Array(2);
  for (let index = 0; index < state.length; index += 2) {
    if (salt) {
      block[0] ^= wordAt(salt, index);
      block[1] ^= wordAt(salt, index + 1);
    }
    encrypt(state, block, 0);
    state.set(block, index);
  }
}

/** The word at that place of bytes that are repeated without end. */
function wordAt(bytes, index) {
  let word = 0;
  for (let offset = index * 4; offset < index * 4 + 4; offset += 1)
    word = (word << 8) | bytes[offset % bytes.length];
  return word;
}

/** Blowfish on the two words at that place. */
function encrypt(state, words, at) {
  let [left, right] = [words[at] ^ state[0], words[at + 1]];
  for (let round = 1; round <= 16; round += 1) {
    const sum =
      (state[18 + (left >>> 24)] + state[274 + ((left >>> 16) & 255)]) ^ state[530 + ((left >>> 8) & 255)];
    right ^= (sum + state[786 + (left & 255)]) ^ state[round];
    [left, right] = [right, left];
  }
  words[at] = right ^ state[17];
  words[at + 1] = left;
}

/** The first words of the fraction of π, by Machin's formula. */
function fractionOfPi(words) {
  const guard = 64n;
  const bits = BigInt(words * 32) + guard;
  const arctangentOfInverse = (n) => {
    let [power, sum] = [(1n << bits) / n, 0n];
    for (let k = 1n; power !== 0n; k += 2n) {
      sum += k % 4n === 1n ? power / k : -power / k;
      power /= n * n;
    }
    return sum;
  };
  const fraction = (16n * arctangentOfInverse(5n) - 4n * arctangentOfInverse(239n) - (3n << bits)) >> guard;
  const hex = fraction.toString(16).padStart(words * 8, '0');
  return Uint32Array.from({ length: words }, (_, index) =>
    Number.parseInt(hex.slice(index * 8, index * 8 + 8), 16),
  );
}

/** Base64 with the digits of bcrypt. */
const encode = (bytes) =>
  Buffer.from(bytes)
    .toString('base64')
    .replaceAll('=', '')
    .replaceAll(/./g, (digit) => digits[plain.indexOf(digit)]);
