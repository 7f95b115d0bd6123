import { randomUUID } from 'node:crypto';
import type { Caller } from '@agora/identity';
import jwt from 'jsonwebtoken';
import type { Config } from '../config.js';
import type { Keys } from '../keys/keys.js';

/** The user and session that an access token is for. */
export type Subject = Required<Omit<Caller, 'tokenId' | 'expiresAt'>>;

/** Signs an access token (RFC 9068); `expiresIn` is in seconds. */
export type SignAccessToken = (subject: Subject) => Promise<{ token: string; expiresIn: number }>;

/** The only OAuth client (RFC 9068, 2.2): Agora itself. */
const clientId = 'agora';

/** Returns a function that signs access tokens. */
export function accessTokens(keys: Keys, config: Config): SignAccessToken {
  const expiresIn = config.ACCESS_TOKEN_EXPIRE_MINUTES * 60;
  return async (subject) => {
    const { kid, key } = await keys.active();
    const token = jwt.sign(claimsOf(subject), key, {
      algorithm: config.ALGORITHM,
      header: { alg: config.ALGORITHM, typ: 'at+jwt', kid },
      issuer: config.TOKEN_ISSUER,
      audience: config.TOKEN_AUDIENCE,
      subject: String(subject.userId),
      jwtid: randomUUID(),
      expiresIn,
    });
    return { token, expiresIn };
  };
}

const claimsOf = ({ sessionId, sessionNumber, accountKey, role, emailVerified }: Subject) => ({
  client_id: clientId,
  sid: sessionId,
  session_number: sessionNumber,
  account_key: accountKey,
  role,
  email_verified: emailVerified,
});
