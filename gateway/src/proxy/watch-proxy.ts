import type { ClientRequest, IncomingMessage } from 'node:http';
import type { Plugin } from 'http-proxy-middleware';
import type { Attempt } from './outgoing-request.js';
import { passOnHead } from './pass-on-answer.js';
import { ProxiedRequest } from './proxied-request.js';
import { InvalidUpstreamResponse, UpstreamTimeout } from './upstream-failure.js';

const attemptOf = (request: IncomingMessage): Attempt | undefined =>
  request instanceof ProxiedRequest ? request.attempt : undefined;

/** Reports the outcome of each attempt from the proxy's events, and passes good answers on. */
export const watchProxy =
  (timeoutMilliseconds: number): Plugin =>
  (proxy) => {
    proxy.on('proxyReq', (proxyRequest, request) => {
      const attempt = attemptOf(request);
      if (attempt) watchRequest(proxyRequest, attempt, timeoutMilliseconds);
    });
    proxy.on('proxyRes', (answer, request, response) => {
      const attempt = attemptOf(request);
      if (!isAnswer(answer)) return attempt?.fail(new InvalidUpstreamResponse());
      if (attempt) attempt.bytes = Number(answer.headers['content-length'] ?? 0);
      passOnHead(answer.statusCode ?? 502, answer.headers, response);
      answer.pipe(response);
    });
    proxy.on('error', (error, request) => {
      if (request) attemptOf(request)?.fail(error);
    });
  };

/** The proxy's own timeout starts only once it is connected, and it reports the abort as a reset. */
function watchRequest(proxyRequest: ClientRequest, attempt: Attempt, timeoutMilliseconds: number): void {
  attempt.reusedSocket = proxyRequest.reusedSocket;
  const deadline = setTimeout(() => proxyRequest.destroy(new UpstreamTimeout()), timeoutMilliseconds);
  proxyRequest.once('response', () => clearTimeout(deadline));
  proxyRequest.once('close', () => clearTimeout(deadline));
  proxyRequest.once('upgrade', (_answer, socket) => {
    socket.destroy();
    attempt.fail(new InvalidUpstreamResponse());
  });
}

/** Node's parser accepts any three digits as a status, its server does not. */
const isAnswer = ({ statusCode = 0 }: IncomingMessage): boolean => statusCode >= 200 && statusCode <= 599;
