import { IncomingMessage } from 'node:http';
import type { Context } from 'koa';

/** What of a request goes on to a service, beside its headers. */
export interface Outgoing {
  /** The rebuilt path and the query as sent. */
  url: string;
  body: Buffer;
  /** The client's. */
  address: string;
}

/**
 * The request to hand to the proxy: a new one, so that nothing of what the client sent can pass but what is named here.
 * `traceHeaders` say where its trace stands here; without any, the client's go on.
 * Cleaning up in a `proxyReq` hook would be too late: httpxy skips it when the client sends `Expect`.
 */
export function createOutgoingRequest(
  ctx: Context,
  { url, body, address }: Outgoing,
  traceHeaders: Record<string, string>,
): IncomingMessage {
  const request = new IncomingMessage(ctx.req.socket);
  request.method = ctx.method;
  request.url = url;
  request.headers = { ...outgoingHeaders(ctx, body, address), ...traceHeaders };
  // Without it, the end of this stream would count as an abort and destroy the client's socket.
  request.complete = true;
  if (body.length > 0) request.push(body);
  request.push(null);
  return request;
}

const passed = [
  'accept',
  'accept-language',
  'authorization',
  'consistency-token',
  'content-type',
  'idempotency-key',
  'if-match',
  'if-none-match',
  'last-event-id',
  'user-agent',
] as const;

function outgoingHeaders(
  { req, method, response }: Context,
  body: Buffer,
  address: string,
): NodeJS.Dict<string> {
  const { connection = '', traceparent } = req.headers;
  const hopByHop = new Set(
    connection
      .toLowerCase()
      .split(',')
      .map((name) => name.trim()),
  );
  const headers: NodeJS.Dict<string> = {};
  for (const name of passed) {
    const value = req.headers[name];
    if (typeof value === 'string' && !hopByHop.has(name)) headers[name] = value;
  }
  if (typeof traceparent === 'string' && isTraceparent(traceparent)) headers['traceparent'] = traceparent;
  if (method !== 'GET' && method !== 'HEAD') headers['content-length'] = String(body.length);
  headers['x-forwarded-for'] = address;
  headers['x-request-id'] = response.get('x-request-id');
  return headers;
}

/** Version 00 of W3C Trace Context; an all-zero id is invalid there. */
const isTraceparent = (value: string): boolean =>
  /^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/.test(value);
