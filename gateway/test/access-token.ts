import { createHmac, randomUUID } from 'node:crypto';
import type { IdentitySettings } from '@agora/identity';

/** What the tests' tokens are signed and verified with. */
export const identity: IdentitySettings = {
  NODE_ENV: 'test',
  ALGORITHM: 'HS256',
  SECRET_KEY: 'only-these-tests-know-this-0123456789',
  ALLOW_SHARED_SECRET: false,
  TOKEN_ISSUER: 'agora',
  TOKEN_AUDIENCE: 'agora',
  ACCESS_TOKEN_EXPIRE_MINUTES: 15,
  JWKS_REFRESH_SECONDS: 60,
};

const encode = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');

/** Signs an access token, by default a good one of user 7. */
export function signToken(claims: Record<string, unknown> = {}, key = identity.SECRET_KEY ?? ''): string {
  const now = Math.floor(Date.now() / 1000);
  const header = encode({ alg: 'HS256', typ: 'at+jwt' });
  const payload = encode({
    iss: 'agora',
    aud: 'agora',
    sub: '7',
    sid: randomUUID(),
    jti: randomUUID(),
    iat: now,
    exp: now + 600,
    ...claims,
  });
  const signature = createHmac('sha256', key).update(`${header}.${payload}`).digest('base64url');
  return `${header}.${payload}.${signature}`;
}

/** The Authorization header of a user. */
export const bearer = (token = signToken()): { authorization: string } => ({
  authorization: `Bearer ${token}`,
});
