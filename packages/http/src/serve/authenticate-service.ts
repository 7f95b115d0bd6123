import { createHash, timingSafeEqual } from 'node:crypto';
import type { Middleware } from 'koa';
import { Problem } from '../endpoint/problem.js';

/** Admits callers with the secret of this internal port (`Authorization: Bearer <secret>`); all others get a 401. */
export function authenticateService(secret: string): Middleware {
  const expected = digest(secret);
  return (ctx, next) => {
    const [, given = ''] = /^Bearer ([^ ]+)$/i.exec(ctx.get('Authorization')) ?? [];
    // Digests, because only values of equal length can be compared in constant time.
    if (!timingSafeEqual(digest(given), expected)) throw noService();
    return next();
  };
}

const noService = () =>
  new Problem(401, 'service_unknown', 'Only Agora services may call this port.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="agora-internal"' },
  });

const digest = (text: string) => createHash('sha256').update(text).digest();
