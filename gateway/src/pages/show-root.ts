import type { Description, Handler } from '@agora/http';
import Joi from 'joi';

/** `GET /`: what this is; a browser is sent to the documentation. */
export const showRoot =
  (version: string): Handler =>
  (ctx) => {
    ctx.vary('Accept');
    if (ctx.accepts('json', 'html') === 'html') {
      ctx.status = 303;
      ctx.redirect('/docs');
    } else {
      ctx.body = { name: 'Agora', version, docs: '/docs' };
    }
  };

/** What clients are told of it. */
export const showRootDescription: Description = {
  name: 'showRoot',
  summary: 'Show what this is',
  answers: {
    200: {
      summary: 'Name, version and where the documentation is.',
      body: Joi.object({
        name: Joi.string().required(),
        version: Joi.string().required(),
        docs: Joi.string().required(),
      }).meta({ name: 'Root' }),
    },
    303: {
      summary: 'A browser (`Accept: text/html`) is sent to the documentation.',
      body: Joi.string(),
      mediaType: 'text/html',
      headers: { Location: '`/docs`' },
    },
  },
};
