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
      })
        .unknown()
        .description('A public key (RFC 7517). Its type decides which further members it has.')
        .meta({ name: 'JsonWebKey' }),
    )
    .required(),
}).meta({ name: 'JsonWebKeySet' });

/** For the OpenAPI document. */
export const showKeySetDescription: Description = {
  name: 'getKeySet',
  summary: 'Get the public keys',
  details:
    'The JWK Set (RFC 7517) that verifies access tokens. Select a key by the `kid` in the token header.',
  answers: {
    200: {
      summary: 'The public keys.',
      body: keySet,
      headers: { 'Cache-Control': 'How long to cache the response.' },
    },
  },
};
