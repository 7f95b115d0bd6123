import type { Description, Handler } from '@agora/http';
import Joi from 'joi';
import type { Keys } from '../keys/keys.js';

/** `GET /.well-known/jwks.json`: the public keys that access tokens can be verified with. */
export const showKeySet =
  (keys: Keys): Handler =>
  async (ctx) => {
    ctx.set('Cache-Control', `public, max-age=${keys.refreshSeconds}`);
    ctx.body = await keys.published();
  };

// Other members come with each type of key.
const keySet = Joi.object({
  keys: Joi.array()
    .items(
      Joi.object({
        kty: Joi.string().required(),
        kid: Joi.string().required(),
        alg: Joi.string().required(),
        use: Joi.string().required(),
      }).unknown(),
    )
    .required(),
}).meta({ name: 'KeySet' });

/** What clients are told of it. */
export const showKeySetDescription: Description = {
  name: 'showKeySet',
  summary: 'Show the public keys',
  details: 'A JWK Set (RFC 7517) to verify access tokens with, by the `kid` of their header.',
  answers: {
    200: {
      summary: 'The keys.',
      body: keySet,
      headers: { 'Cache-Control': 'For how long to go by it.' },
    },
  },
};
