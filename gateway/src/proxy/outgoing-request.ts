import type { Stoppable } from '@agora/process';
import type { Context } from 'koa';
import { namedByConnection } from './named-by-connection.js';

/** What is passed on to a service besides the headers of a request. */
export interface Outgoing {
  /** The rebuilt path and the query as sent. */
  url: string;
  body: Buffer;
  /** The client's. */
  address: string;
  /** Whom it is counted for. */
  caller: string;
}

/** One try to get an answer. */
export interface Attempt {
  reusedSocket: boolean;
  /** How large the answer says it is, in bytes; 0 where it does not. */
  bytes: number;
  fail(error: Error): void;
}

/** A way to ask a service. */
export interface Client extends Stoppable {
  /** Asks once and passes the answer on, to its end; rejects with the error of the connection when there is none. */
  ask(
    ctx: Context,
    outgoing: Outgoing,
    attempt: Attempt,
    traceHeaders: Record<string, string>,
  ): Promise<void>;
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

/** The headers of a request that are passed on to a service. */
export function outgoingHeaders(
  { req, method, response }: Context,
  body: Buffer,
  address: string,
): NodeJS.Dict<string> {
  const { connection, traceparent } = req.headers;
  const named = namedByConnection(connection);
  const headers: NodeJS.Dict<string> = {};
  for (const name of passed) {
    const value = req.headers[name];
    if (typeof value === 'string' && !named.has(name)) headers[name] = value;
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
