import type { Handler } from '@agora/chassis';

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
