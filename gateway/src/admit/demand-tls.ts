import type { Middleware } from 'koa';

/** Makes browsers use only TLS for a year (RFC 6797). For production, where TLS ends in front of the gateway; browsers ignore it over plain HTTP. */
export const demandTls: Middleware = (ctx, next) => {
  ctx.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  return next();
};
