import type { Handler } from '@agora/chassis';
import type { Keys } from '../keys.js';

/** `GET /.well-known/jwks.json`: the public keys that access tokens can be verified with. */
export const showKeySet =
  (keys: Keys): Handler =>
  async (ctx) => {
    ctx.set('Cache-Control', `public, max-age=${keys.refreshSeconds}`);
    ctx.body = await keys.published();
  };
