import { createHmac, hkdfSync, randomBytes } from 'node:crypto';
import type { Config } from '../config.js';

/** What follows a refresh token when it is used. */
export interface Successors {
  /** For how long a used token returns its successor again, to a client that lost the answer. */
  graceMilliseconds: number;
  of(refreshToken: string): string;
}

/**
 * Makes successors of 256 bits. Without a grace they are random. With one they are derived from the token before and a secret of auth alone, so
 * that a token gives the same successor each time and only its hash need be stored; a token without the secret derives nothing.
 */
export function successors(config: Config): Successors {
  const graceMilliseconds = config.REFRESH_REUSE_GRACE_SECONDS * 1_000;
  if (graceMilliseconds === 0) return { graceMilliseconds, of: () => randomBytes(32).toString('base64url') };
  const secret = config.SIGNING_KEY_SECRET ?? config.SIGNING_KEY ?? config.SECRET_KEY ?? '';
  const key = Buffer.from(hkdfSync('sha256', secret, '', 'agora refresh token successor', 32));
  return {
    graceMilliseconds,
    of: (refreshToken) => createHmac('sha256', key).update(refreshToken).digest('base64url'),
  };
}
