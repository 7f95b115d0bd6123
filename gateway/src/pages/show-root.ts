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

/** For the OpenAPI document. */
export const showRootDescription: Description = {
  name: 'getServiceInfo',
  summary: 'Get the service info',
  details: 'Name and version. Browsers are redirected to the documentation.',
  answers: {
    200: {
      summary: 'Name, version and the path of the documentation.',
      body: Joi.object({
        name: Joi.string().required(),
        version: Joi.string().required(),
        docs: Joi.string().required(),
      }).meta({ name: 'ServiceInfo' }),
    },
    303: {
      summary: 'Redirects browsers (`Accept: text/html`) to the documentation.',
      body: Joi.string(),
      mediaType: 'text/html',
      headers: { Location: '`/docs`' },
    },
  },
};
