import type { KeyObject } from 'node:crypto';
import { measure, SettingsError, type Logger } from '@agora/process';
import type { Config } from '../config.js';
import { livesOf, signerOf } from './key-life.js';
import { decryptKey, publicKeyOf, type PublicKey } from './key-pair.js';
import { keysOf, type Keys, type KeysNow } from './keys.js';
import type { SigningKey } from '../models/signing-key.js';
import { reconcileKeys } from './reconcile-keys.js';

type Settings = Pick<
  Config,
  | 'ALGORITHM'
  | 'SIGNING_KEY_SECRET'
  | 'ACCESS_TOKEN_EXPIRE_MINUTES'
  | 'KEY_ACTIVATION_DELAY_SECONDS'
  | 'JWKS_REFRESH_SECONDS'
>;

const reloadMilliseconds = 2_000;

/** The keys in the database, read again every 2 s. While it is away, the known keys stay in use, and begin and end at their times. Throws a SettingsError when `SIGNING_KEY_SECRET` is not the one that encrypted them. */
export async function openStoredKeys(settings: Settings, logger: Logger): Promise<Keys> {
  let ring: Ring | undefined;
  let loading: Promise<Ring> | undefined;
  let isFailing = false;
  let isStopped = false;
  let timer: NodeJS.Timeout | undefined;

  const load = () =>
    (loading ??= readRing(settings, ring)
      .then((read) => (ring = read))
      .finally(() => (loading = undefined)));
  const reload = async () => {
    try {
      await load();
      isFailing = false;
    } catch (error) {
      if (error instanceof SettingsError && !ring) throw error;
      if (!isFailing) logger.warn({ error }, 'cannot read the signing keys; those that are known go on');
      isFailing = true;
    }
  };
  const schedule = () => {
    if (!isStopped) timer = setTimeout(() => void reload().then(schedule), reloadMilliseconds);
  };

  await reload();
  schedule();
  measure(
    'signing_key_age_seconds',
    'Seconds since the key that signs access tokens began to; none for keys that are given by file',
    () => ring && ageOf(ring),
  );
  let signedWith: string | undefined;
  return keysOf(
    async () => {
      const now = keysNow(ring ?? (await load()), settings);
      if (signedWith !== now.active.kid) logger.info({ kid: now.active.kid }, 'signs with this key');
      signedWith = now.active.kid;
      return now;
    },
    settings.JWKS_REFRESH_SECONDS,
    async () => {
      isStopped = true;
      clearTimeout(timer);
      await loading?.catch(() => undefined);
    },
  );
}

/** What was read, and when: by the database's clock, and by ours, which only measures what has passed since. */
interface Ring {
  keys: SigningKey[];
  readAt: number;
  measuredAt: number;
  opened: Map<string, { privateKey: KeyObject; publicKey: PublicKey }>;
}

async function readRing(settings: Settings, before: Ring | undefined): Promise<Ring> {
  const keys = await reconcileKeys(settings);
  const measuredAt = performance.now();
  const open = (key: SigningKey) =>
    before?.opened.get(key.kid) ?? {
      privateKey: decryptKey(key.encryptedPrivateKey ?? '', settings.SIGNING_KEY_SECRET ?? ''),
      publicKey: publicKeyOf(key.publicJwk, settings.ALGORITHM),
    };
  const opened = new Map(keys.map((key) => [key.kid, open(key)]));
  return { keys, opened, readAt: keys[0]?.readAt.getTime() ?? 0, measuredAt };
}

/** For how long the key that signs has done so, in seconds. */
function ageOf(ring: Ring): number | undefined {
  const began = signerOf(livesOf(ring.keys, nowOf(ring), 0))?.activatesAt;
  return began ? Math.max(0, (nowOf(ring).getTime() - began.getTime()) / 1_000) : undefined;
}

const nowOf = ({ readAt, measuredAt }: Ring): Date => new Date(readAt + performance.now() - measuredAt);

function keysNow(ring: Ring, settings: Settings): KeysNow {
  const { keys, opened } = ring;
  const lives = livesOf(keys, nowOf(ring), settings.ACCESS_TOKEN_EXPIRE_MINUTES);
  const kid = signerOf(lives)?.kid ?? '';
  const signing = opened.get(kid);
  if (!signing) throw new Error('no signing key');
  const accepted = lives.flatMap(({ key, state }) => {
    const { publicKey } = opened.get(key.kid) ?? {};
    return publicKey && state !== 'retired' ? [publicKey] : [];
  });
  return { active: { kid, key: signing.privateKey }, accepted };
}
