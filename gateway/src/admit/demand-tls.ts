import type { Middleware } from 'koa';

/** Has browsers come by TLS alone for a year (RFC 6797). For production, where TLS ends in front of the gateway; over plain HTTP they take no notice. */
export const demandTls: Middleware = (ctx, next) => {
  ctx.set('Strict-Transport-Security', 'max-age=31536000; includeSubDomains');
  return next();
};
