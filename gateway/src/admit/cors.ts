import type { Context, Middleware } from 'koa';

const readable = [
  'Allow',
  'Consistency',
  'Consistency-Token',
  'Content-Disposition',
  'Deprecation',
  'ETag',
  'Idempotency-Replayed',
  'Link',
  'Location',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Sunset',
  'WWW-Authenticate',
  'X-Request-Id',
];
/** All headers that a page may send; `proxy/outgoing-request.ts` says which are passed on. OpenTelemetry in a page sends the last three with its requests. */
const sendable = [
  'Authorization',
  'Consistency-Token',
  'Content-Type',
  'Idempotency-Key',
  'If-Match',
  'If-None-Match',
  'Last-Event-ID',
  'X-Request-Id',
  'traceparent',
  'tracestate',
  'baggage',
];
const preflightSeconds = 600;

/** The origin that allows localhost at every port, for pages in development. */
export const anyLocalPort = 'http://localhost:*';

/** Lets pages of exactly these origins read answers, without cookies; with no origins it does nothing. */
export function allowOrigins(origins: readonly string[]): Middleware {
  const allowed = new Set(origins);
  const isAllowed = (origin: string) =>
    allowed.has(origin) || (allowed.has(anyLocalPort) && /^http:\/\/localhost(?::\d{1,5})?$/.test(origin));
  return (ctx, next) => {
    if (allowed.size === 0) return next();
    ctx.vary('Origin');
    const origin = ctx.get('origin');
    if (isAllowed(origin)) {
      ctx.set('Access-Control-Allow-Origin', origin);
      ctx.set('Access-Control-Expose-Headers', readable.join(', '));
    }
    return next();
  };
}

/** The method that a browser asks for, for a page of an allowed origin, before it sends the request itself; undefined for every other request. */
export function preflightMethod(ctx: Context): string | undefined {
  if (ctx.method !== 'OPTIONS' || !ctx.response.get('Access-Control-Allow-Origin')) return undefined;
  return ctx.get('access-control-request-method') || undefined;
}

/** Tells the browser that it may send that request. */
export function answerPreflight(ctx: Context, method: string): void {
  ctx.set('Access-Control-Allow-Methods', method);
  ctx.set('Access-Control-Allow-Headers', sendable.join(', '));
  ctx.set('Access-Control-Max-Age', String(preflightSeconds));
  ctx.status = 204;
}
