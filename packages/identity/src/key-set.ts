import { createPublicKey, createSecretKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { getJson } from '@agora/http/get-json';
import type { Logger } from '@agora/process';
import type { IdentitySettings } from './settings.js';

/** The keys that tokens may be signed with. */
export interface KeySet {
  /** The key of that id; undefined when there is none. */
  find(kid: string | undefined): Promise<KeyObject | undefined>;
  /** Whether any key was ever loaded. */
  isLoaded(): boolean;
  stop(): Promise<void>;
}

/** The one secret of HS256, whatever the key id. */
export function sharedSecret(secret: string): KeySet {
  const key = createSecretKey(secret, 'utf8');
  return { find: async () => key, isLoaded: () => true, stop: async () => undefined };
}

const firstLoadMilliseconds = 100;
/** A repeated failure is logged once in this time. */
const silentMilliseconds = 60_000;
/** An unknown key id asks for the set again at most this often: anybody can make up key ids. */
const refetchMilliseconds = 30_000;

/** The public keys that the issuer publishes (RFC 7517), fetched at once, every `JWKS_REFRESH_SECONDS`, and on an unknown key id at most every 30 s. */
export function remoteKeySet(
  { JWKS_URL: url = '', JWKS_REFRESH_SECONDS: refreshSeconds, ALGORITHM: algorithm }: IdentitySettings,
  logger: Logger,
): KeySet {
  let keys = new Map<string, KeyObject>();
  let fetching: Promise<void> | undefined;
  let fetchedForUnknown = -Infinity;
  let warnedAt = -Infinity;
  let timer: NodeJS.Timeout;

  const load = async () => {
    try {
      keys = await fetchKeys(url, algorithm);
    } catch (error) {
      if (performance.now() - warnedAt > silentMilliseconds) {
        warnedAt = performance.now();
        logger.warn({ error }, 'could not fetch the key set');
      }
    } finally {
      fetching = undefined;
    }
  };
  const refresh = () => (fetching ??= load());
  const schedule = () => {
    timer = setTimeout(
      () => void refresh().then(schedule),
      keys.size > 0 ? refreshSeconds * 1_000 : firstLoadMilliseconds,
    );
  };
  void refresh().then(schedule);

  return {
    isLoaded: () => keys.size > 0,
    find: async (kid) => {
      if (kid === undefined) return undefined;
      if (keys.size === 0) await refresh();
      // What is being fetched may hold the key, or have been answered before it was published.
      if (!keys.has(kid)) await fetching;
      if (!keys.has(kid) && performance.now() - fetchedForUnknown > refetchMilliseconds) {
        fetchedForUnknown = performance.now();
        await refresh();
      }
      return keys.get(kid);
    },
    stop: async () => {
      await fetching;
      clearTimeout(timer);
    },
  };
}

async function fetchKeys(url: string, algorithm: string): Promise<Map<string, KeyObject>> {
  const { status, body } = await getJson(url, 2_000);
  if (body === undefined) throw new Error(`the key set was answered with ${status}`);
  const { keys } = body as { keys: (JsonWebKey & { kid?: string; alg?: string })[] };
  const usable = keys.filter((key) => key.alg === algorithm && key.kid);
  return new Map(usable.map((key) => [String(key.kid), createPublicKey({ key, format: 'jwk' })]));
}
