import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { awaitInterest } from '../body/expect-continue.js';
import { createServer, STATUS_CODES } from '../node-http.js';
import { oauthMembers } from './oauth-errors.js';
import { Problem } from '../endpoint/problem.js';
import { securityHeaders } from './security-headers.js';

export interface ServerOptions {
  host: string;
  port: number;
  /** How long answers in flight may take after a stop, in milliseconds. */
  drainMilliseconds: number;
  /** How long it keeps serving before that, while its callers move to another replica; 0 when left out. */
  noticeMilliseconds?: number;
}

/** A listening server. */
export interface HttpServer {
  /** The port it listens on, also when 0 was asked for. */
  readonly port: number;
  /** Keeps serving during the notice, asking clients to close their connections; then accepts no new ones, lets answers in flight finish, and ends. */
  stop(): Promise<void>;
}

const maxHeaders = 100;
const maxRequestsOnConnection = 1_000;

/** Answers one request; Koa's callback is one. */
type Listener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Listens, with limits that make slow, huge and broken requests cheap; rejects when the port is taken. */
export async function openServer(listener: Listener, options: ServerOptions): Promise<HttpServer> {
  let draining = false;
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    // A keep-alive answer would invite another request on a connection that is about to close.
    if (draining) response.setHeader('Connection', 'close');
    if (isBeyondLast(response, request.socket)) return;
    if (request.rawHeaders.length / 2 > maxHeaders) return refuse(response, tooManyHeaders);
    // Frameworks parse the other forms of a request target differently, and throw at some of them.
    const target = originForm(request);
    if (target === undefined) return refuse(response, malformedRequest);
    request.url = target;
    void listener(request, response);
  };
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 15_000,
      requestTimeout: 30_000,
      // Longer than any client's, above all that of load balancers (60 s): the side that reuses a connection must be the one that closes it.
      keepAliveTimeout: 72_000,
      connectionsCheckingInterval: 2_000,
      insecureHTTPParser: false,
      // The gateway answers a missing Host itself, as a problem.
      requireHostHeader: false,
    },
    answer,
  );
  // Node silently drops headers beyond this; one more than the limit is enough to notice.
  server.maxHeadersCount = maxHeaders + 1;
  server.on('checkContinue', (request: IncomingMessage, response: ServerResponse) => {
    awaitInterest(request, response);
    answer(request, response);
  });
  // Otherwise a client that stops reading would hold its answer for ever. Streams write more often than this.
  server.timeout = 30_000;
  refuseWhatHasNoRequest(server);
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    async stop() {
      draining = true;
      // Closing an idle connection breaks the request that is being sent on it, so clients close first.
      if (options.noticeMilliseconds) await sleep(options.noticeMilliseconds);
      await close(server, options.drainMilliseconds);
    },
  };
}

const tooManyHeaders = new Problem(
  431,
  'headers_too_large',
  'The request has too many or too large headers.',
);
const malformedRequest = new Problem(400, 'malformed_request', 'The request is not valid HTTP.');

interface ParserError extends NodeJS.ErrnoException {
  rawPacket?: Buffer;
}

/** Answers what Node's parser refuses before there is a request; Node itself would answer without a body. */
function refuseWhatHasNoRequest(server: Server): void {
  server.on('clientError', (error: ParserError, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable || owesAnotherAnswer(socket)) socket.destroy();
    else refuseSocket(socket, parserProblem(error.code), error.rawPacket);
  });
  server.on('connect', (_request, socket) =>
    refuseSocket(socket, new Problem(405, 'method_not_allowed', 'CONNECT is not supported.')),
  );
  server.on('checkExpectation', (_request, response) =>
    refuse(
      response,
      new Problem(417, 'expectation_failed', 'The only supported expectation is "100-continue".'),
    ),
  );
}

const answers = Symbol('answers');
const requests = Symbol('requests');

/** A connection and its answers in flight: more than one when a client pipelines requests. */
type Watched = Duplex & { [answers]?: Set<ServerResponse>; [requests]?: number };

/**
 * Counts the requests of a connection; the answer to the last one says `Connection: close`. Node's own `maxRequestsPerSocket` would answer
 * requests pipelined behind it with a 503 without a body.
 */
function isBeyondLast(response: ServerResponse, socket: Watched): boolean {
  const count = (socket[requests] ?? 0) + 1;
  socket[requests] = count;
  if (count > maxRequestsOnConnection) return true;
  if (count === maxRequestsOnConnection) response.setHeader('Connection', 'close');
  const underWay = (socket[answers] ??= new Set());
  underWay.add(response);
  response.once('close', () => underWay.delete(response));
  return false;
}

/**
 * The request target as a path and query. A whole URL, which clients send to proxies, is accepted if it names the same host as the Host header
 * (RFC 9112, section 3.2.2); undefined for every other form.
 */
function originForm({ url = '', headers: { host } }: IncomingMessage): string | undefined {
  if (url.startsWith('/')) return url;
  const [, authority, rest = ''] = /^https?:\/\/([^/?#@\\]+)([/?].*)?$/i.exec(url) ?? [];
  if (authority === undefined || authority.toLowerCase() !== (host ?? authority).toLowerCase())
    return undefined;
  return rest.startsWith('/') ? rest : `/${rest}`;
}

/** Whether bytes written now would be taken for part of an answer that has begun, or for the answer to an earlier request. */
const owesAnotherAnswer = (socket: Watched): boolean =>
  [...(socket[answers] ?? [])].some(({ headersSent, req }) => headersSent || req.complete);

function parserProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return tooManyHeaders;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT')
    return new Problem(408, 'request_timeout', 'The request took too long to arrive.');
  return malformedRequest;
}

/** Answers after the earlier requests on the same connection, and closes it. */
function refuse(response: ServerResponse, problem: Problem): void {
  const { headers, body } = render(problem, response.req.url?.split('?', 1)[0]);
  response.writeHead(problem.status, headers).end(body);
}

const lingerMilliseconds = 1_000;

/** Answers on a connection that Node no longer handles, and destroys it a little later: at once, the client might lose the answer; never, a client could hold it open for ever. */
function refuseSocket(socket: Duplex, problem: Problem, request?: Buffer): void {
  const [, method, path = ''] =
    /^([A-Z]+) ([^ ?]+)/.exec(request?.subarray(0, 100).toString('latin1') ?? '') ?? [];
  const { headers, body } = render(problem, path);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  socket.on('error', () => socket.destroy());
  const head = [`HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`, ...lines, '', ''].join('\r\n');
  // After a HEAD, the client would take a body for the beginning of another answer.
  socket.end(method === 'HEAD' ? head : head + body);
  setTimeout(() => socket.destroy(), lingerMilliseconds).unref();
}

function render(problem: Problem, path = ''): { headers: Record<string, string>; body: string } {
  const requestId = crypto.randomUUID();
  const body = JSON.stringify(problem.toBody(requestId, oauthMembers(path, problem)));
  const headers = {
    'Content-Type': 'application/problem+json; charset=utf-8',
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    ...securityHeaders,
    Connection: 'close',
  };
  return { headers, body };
}

function listen(server: Server, { host, port }: ServerOptions): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}

async function close(server: Server, drainMilliseconds: number): Promise<void> {
  const closed = new Promise<void>((resolve) => server.close(() => resolve()));
  const idle = setInterval(() => server.closeIdleConnections(), 100);
  const deadline = setTimeout(() => server.closeAllConnections(), drainMilliseconds);
  await closed;
  clearInterval(idle);
  clearTimeout(deadline);
}
