import type { JsonWebKey, KeyObject } from 'node:crypto';
import type { KeySet } from '@agora/identity';
import type { PublicKey } from './key-pair.js';

/** A key that access tokens are signed with. */
interface ActiveKey {
  kid: string;
  key: KeyObject;
}

/** The keys of auth: to sign with, and to verify with without asking anybody. */
export interface Keys extends KeySet {
  /** For how long others may go by what is published, in seconds. */
  refreshSeconds: number;
  active(): Promise<ActiveKey>;
  /** The public keys to verify tokens with, as a JWK Set (RFC 7517). */
  published(): Promise<{ keys: JsonWebKey[] }>;
}

/** The keys of one moment. */
export interface KeysNow {
  active: ActiveKey;
  /** The published keys: tokens signed with any of them are accepted. */
  accepted: PublicKey[];
}

/** Keys that are read from `current` at each use. */
export const keysOf = (
  current: () => Promise<KeysNow>,
  refreshSeconds: number,
  stop: () => Promise<void> = async () => undefined,
): Keys => ({
  refreshSeconds,
  active: async () => (await current()).active,
  published: async () => ({ keys: (await current()).accepted.map(({ jwk }) => jwk) }),
  find: async (kid) => (await current()).accepted.find((each) => each.kid === kid)?.key,
  isLoaded: () => true,
  stop,
});
