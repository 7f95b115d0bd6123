import { randomUUID } from 'node:crypto';
import jwt from 'jsonwebtoken';

/** The secret that processes of a test verify tokens with when they run without auth. */
export const testSecret = '4f1c6d0be9a2873355e0c7d19b42f8a6d3017e5c9b8a4f2e6d1c0b9a8f7e6d5c';

interface TokenOptions {
  expiresIn?: number;
  account_key?: string;
  session_number?: number;
  role?: 'user' | 'moderator' | 'admin';
  email_verified?: boolean;
}

/** An access token as auth would sign it with HS256, for a user who is not registered. */
export const tokenFor = (userId: number, { expiresIn = 900, ...claims }: TokenOptions = {}): string =>
  jwt.sign({ sid: randomUUID(), client_id: 'agora', ...claims }, testSecret, {
    algorithm: 'HS256',
    header: { alg: 'HS256', typ: 'at+jwt' },
    issuer: 'agora',
    audience: 'agora',
    subject: String(userId),
    jwtid: randomUUID(),
    expiresIn,
  });

let lastId = Math.floor(Math.random() * 1_000_000_000) + 1_000_000_000;

/** An id that no other test uses. */
export const freshId = (): number => (lastId += 1);
