import type { SigningKey } from '../models/signing-key.js';

/** `next` is published and does not sign yet, `active` signs, `retiring` is still accepted, `retired` is neither published nor accepted. */
type KeyState = 'next' | 'active' | 'retiring' | 'retired';

type Times = Pick<SigningKey, 'activatesAt' | 'retiredAt' | 'createdAt'>;

export interface KeyLife<Key extends Times = SigningKey> {
  key: Key;
  state: KeyState;
  /** When a retiring key is retired, or a retired one was. */
  retiresAt: Date | undefined;
}

/** What verifiers' clocks and auth's own reloads may be late by, generously. */
const skewMilliseconds = 60_000;

/** What each key is at the time `now`; a key stays for the life of a token, and a bit, after its successor began to sign. */
export function livesOf<Key extends Times>(
  keys: readonly Key[],
  now: Date,
  tokenMinutes: number,
): KeyLife<Key>[] {
  const signing = keys.filter((key) => !key.retiredAt && hasBegun(key, now)).toSorted(byBeginning);
  return keys.map((key) => {
    if (key.retiredAt) return { key, state: 'retired', retiresAt: key.retiredAt };
    if (!hasBegun(key, now)) return { key, state: 'next', retiresAt: undefined };
    const successor = signing[signing.indexOf(key) + 1];
    if (!successor) return { key, state: 'active', retiresAt: undefined };
    const end = beginningOf(successor) + tokenMinutes * 60_000 + skewMilliseconds;
    return { key, state: end > now.getTime() ? 'retiring' : 'retired', retiresAt: new Date(end) };
  });
}

/** The key to sign with: the active one; where none is, nobody signs, so that the next need not wait. */
export const signerOf = <Key extends Times>(lives: readonly KeyLife<Key>[]): Key | undefined =>
  (lives.find(({ state }) => state === 'active') ?? lives.find(({ state }) => state === 'next'))?.key;

const beginningOf = ({ activatesAt }: Times) => activatesAt?.getTime() ?? Infinity;
const hasBegun = (key: Times, now: Date) => beginningOf(key) <= now.getTime();
const byBeginning = (one: Times, other: Times) =>
  beginningOf(one) - beginningOf(other) || one.createdAt.getTime() - other.createdAt.getTime();
