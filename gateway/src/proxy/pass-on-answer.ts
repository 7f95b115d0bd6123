import type { IncomingMessage, ServerResponse } from 'node:http';
import { securityHeaders } from '@agora/http/serve';
import { streamUserHeader } from './hold-streams.js';
import { namedByConnection } from './named-by-connection.js';

const hopByHop = [
  'connection',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
];

/** The gateway answers for these itself, except for caching, which a service knows best. */
const ours = Object.keys(securityHeaders)
  .map((name) => name.toLowerCase())
  .filter((name) => name !== 'cache-control');

const kept = new Set([...hopByHop, ...ours, 'server', 'x-powered-by', 'x-request-id', streamUserHeader]);

/** Passes the head of a service's answer on to the client, without what belongs to one connection or to the gateway. */
export function passOnHead(
  status: number,
  headers: IncomingMessage['headers'],
  response: ServerResponse,
): void {
  const named = namedByConnection(headers.connection);
  response.statusCode = status;
  for (const name in headers) {
    const value = headers[name];
    if (value === undefined || kept.has(name) || named.has(name)) continue;
    // What the gateway itself varies its answers by stays true, and so does what it links to.
    if (name === 'vary' || name === 'link') response.appendHeader(name, value);
    else response.setHeader(name, value);
  }
}
