import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';
import type { Config } from '../config.js';
import type { Keys } from '../keys/keys.js';

/** Signs the access token (RFC 9068) of a session. */
export type SignAccessToken = (
  userId: number,
  sessionId: string,
) => Promise<{ token: string; expiresIn: number }>;

/** Makes the function that signs access tokens; `expiresIn` is in seconds. */
export function accessTokens(keys: Keys, config: Config): SignAccessToken {
  const expiresIn = config.ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  return async (userId, sessionId) => {
    const { kid, key } = await keys.active();
    const token = jwt.sign({ sid: sessionId }, key, {
      algorithm: config.ALGORITHM,
      header: { alg: config.ALGORITHM, typ: 'at+jwt', kid },
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      subject: String(userId),
      jwtid: randomUUID(),
      expiresIn,
    });
    return { token, expiresIn };
  };
}
