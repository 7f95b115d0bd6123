import { createServer, STATUS_CODES, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Problem } from './problem.js';
import { securityHeaders } from './security-headers.js';

export interface ServerOptions {
  host: string;
  port: number;
  /** How long answers in flight may take after a stop, in milliseconds. */
  drainMilliseconds: number;
}

/** A listening server. */
export interface HttpServer {
  /** The port it listens on, also when 0 was asked for. */
  readonly port: number;
  /** Takes no more connections, lets answers in flight finish, and ends. */
  stop(): Promise<void>;
}

const maxHeaders = 100;

/** Answers one request; Koa's callback is one. */
type Listener = (request: IncomingMessage, response: ServerResponse) => void | Promise<void>;

/** Listens with the limits that keep slow, huge and broken requests from costing anything; rejects when the port is taken. */
export async function openServer(listener: Listener, options: ServerOptions): Promise<HttpServer> {
  let draining = false;
  const server = createServer(
    {
      maxHeaderSize: 16 * 1024,
      headersTimeout: 15_000,
      requestTimeout: 30_000,
      // Longer than any client's, a load balancer's above all (60 s): the side that reuses a connection must not be surprised by its end.
      keepAliveTimeout: 72_000,
      connectionsCheckingInterval: 2_000,
      insecureHTTPParser: false,
      // The gateway answers a missing Host itself, as a problem.
      requireHostHeader: false,
    },
    (request, response) => {
      // An answer that says keep-alive would invite one more request on a connection that is about to close.
      if (draining) response.setHeader('Connection', 'close');
      if (request.rawHeaders.length / 2 > maxHeaders) return respondRaw(response.socket, tooManyHeaders);
      void listener(request, response);
    },
  );
  // Past this, Node drops headers silently; one more than the limit is enough to see that it is passed.
  server.maxHeadersCount = maxHeaders + 1;
  server.maxRequestsPerSocket = 1_000;
  refuseWhatHasNoRequest(server);
  await listen(server, options);
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : options.port,
    stop: () => {
      draining = true;
      return close(server, options.drainMilliseconds);
    },
  };
}

const tooManyHeaders = new Problem(431, 'headers_too_large', 'The request has too many or too large headers.');

/** Answers what Node's parser refuses before there is a request, which it would else answer without a body. */
function refuseWhatHasNoRequest(server: Server): void {
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    if (error.code === 'ECONNRESET' || !socket.writable) socket.destroy();
    else respondRaw(socket, parserProblem(error.code));
  });
  server.on('connect', (_request, socket) =>
    respondRaw(socket, new Problem(405, 'method_not_allowed', 'This server is no tunnel.')),
  );
  server.on('checkExpectation', (_request, response) =>
    respondRaw(response.socket, new Problem(417, 'expectation_failed', 'Only "100-continue" may be expected.')),
  );
}

function parserProblem(code: string | undefined): Problem {
  if (code === 'HPE_HEADER_OVERFLOW') return tooManyHeaders;
  if (code === 'ERR_HTTP_REQUEST_TIMEOUT') return new Problem(408, 'request_timeout', 'The request took too long to arrive.');
  return new Problem(400, 'malformed_request', 'The request is not valid HTTP.');
}

function respondRaw(socket: Duplex | null, problem: Problem): void {
  const requestId = crypto.randomUUID();
  const body = JSON.stringify(problem.toBody(requestId));
  socket?.end(
    [
      `HTTP/1.1 ${problem.status} ${STATUS_CODES[problem.status]}`,
      'Content-Type: application/problem+json; charset=utf-8',
      `Content-Length: ${Buffer.byteLength(body)}`,
      `X-Request-Id: ${requestId}`,
      ...Object.entries(securityHeaders).map(([name, value]) => `${name}: ${value}`),
      'Connection: close',
      '',
      body,
    ].join('\r\n'),
  );
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
