import type { IncomingMessage } from 'node:http';
import { twoTokens } from '@agora/http';
import { malformed } from '@agora/http/body';
import { nothingHere } from '@agora/http/serve';

/** A request target that every layer behind reads alike. */
export interface Target {
  path: string;
  /** As sent, with its `?`; empty when there is none. */
  query: string;
}

/** Checks the raw request line and headers, before anything interprets them; throws 400, or 404 for a path that cannot exist. */
export function checkRequest(request: IncomingMessage): Target {
  checkSingleHeaders(request);
  checkFraming(request);
  return readTarget(request.url ?? '');
}

const mustBeSingle = new Set([
  'host',
  'authorization',
  'content-length',
  'content-type',
  'idempotency-key',
  'consistency-token',
]);

/** Node keeps the first of these and drops the rest, and another layer may keep the last. */
function checkSingleHeaders({ headers, rawHeaders, httpVersion }: IncomingMessage): void {
  const seen = new Set<string>();
  for (let index = 0; index < rawHeaders.length; index += 2) {
    const name = rawHeaders[index]?.toLowerCase() ?? '';
    if (!mustBeSingle.has(name)) continue;
    if (seen.has(name)) {
      throw name === 'authorization'
        ? twoTokens()
        : malformed(`The request has more than one ${name} header.`);
    }
    seen.add(name);
  }
  // Health checks of load balancers speak HTTP/1.0, which has no Host.
  if (!headers.host && httpVersion !== '1.0') throw malformed('The request has no Host header.');
}

const bodyless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS']);

/** Some clients send `{}` with a DELETE. Longer than this, with spaces, it is something else. */
export const emptyObjectLimit = 16;

/** What one parser takes for a body, another may take for the next request (RFC 9112, section 11.2). */
function checkFraming({ headers, httpVersion, method = '' }: IncomingMessage): void {
  const coding = headers['transfer-encoding'];
  const length = Number(headers['content-length'] ?? 0);
  const allowed = method === 'DELETE' ? emptyObjectLimit : 0;
  if (bodyless.has(method) && (coding !== undefined || length > allowed)) throw unwantedBody(method);
  if (coding !== undefined && (coding.toLowerCase() !== 'chunked' || httpVersion === '1.0')) {
    throw malformed('The Transfer-Encoding of the request is not supported.');
  }
}

/** 400: a body where there must be none. */
export const unwantedBody = (method: string) => malformed(`A ${method} request must not have a body.`);

const maxUrl = 8 * 1024;
const maxPath = 2 * 1024;

/** Whatever some layer could normalise into another path: empty and dot segments, escapes, backslashes, path parameters. */
const ambiguous = /\/\/|\/\.{1,2}(?:\/|$)|[%\\;]/;

function readTarget(url: string): Target {
  const queryAt = url.indexOf('?');
  const path = queryAt === -1 ? url : url.slice(0, queryAt);
  const query = queryAt === -1 ? '' : url.slice(queryAt);
  if (url.length > maxUrl || path.length > maxPath) throw malformed('The URL is too long.');
  if (!path.startsWith('/') || ambiguous.test(path)) throw malformed('The path is not in canonical form.');
  if (url.includes('#') || /[^\x21-\x7e]/.test(query))
    throw malformed('The query contains characters that are not allowed in a URL.');
  if (/[^a-z0-9_./-]/.test(path)) throw nothingHere();
  return { path, query };
}
