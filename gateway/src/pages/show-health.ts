import { unavailable, type Description, type Handler } from '@agora/http';
import Joi from 'joi';

/** `GET /health`: whether the gateway itself takes requests; 503 once it was asked to stop. */
export const showHealth =
  (isDraining: () => boolean): Handler =>
  (ctx) => {
    if (isDraining()) throw draining();
    ctx.body = { status: 'ok' };
  };

const draining = () => unavailable('The gateway is shutting down.', 1, 'draining');

/** For the OpenAPI document. */
export const showHealthDescription: Description = {
  name: 'getHealth',
  summary: 'Check health',
  details: 'Whether the gateway accepts requests. Does not check the services behind it.',
  answers: {
    200: {
      summary: 'The gateway accepts requests.',
      body: Joi.object({ status: Joi.string().valid('ok').required() }).meta({ name: 'Health' }),
    },
  },
  refuses: [draining()],
};
