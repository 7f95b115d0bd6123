import { Agent } from 'node:http';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { Client } from './outgoing-request.js';
import { ProxiedRequest } from './proxied-request.js';
import { watchProxy } from './watch-proxy.js';

/** Requests streaming answers, each over its own connection; they may pause for up to the given time. */
export function streamClient(origin: string, timeoutMilliseconds: number, pauseMilliseconds: number): Client {
  const agent = new Agent();
  const proxy = createProxyMiddleware({
    target: origin,
    agent,
    // The gateway has matched the route already; the default filter would parse every URL again.
    pathFilter: () => true,
    proxyTimeout: pauseMilliseconds,
    selfHandleResponse: true,
    // The default ones answer errors themselves, with the host and the URL.
    ejectPlugins: true,
    plugins: [watchProxy(timeoutMilliseconds)],
  });
  return {
    async ask(ctx, outgoing, attempt, traceHeaders) {
      const { promise: failed, reject } = Promise.withResolvers<never>();
      attempt.fail = reject;
      const request = new ProxiedRequest(ctx, outgoing, traceHeaders, attempt);
      await Promise.race([proxy(request, ctx.res), failed]);
    },
    async stop() {
      agent.destroy();
    },
  };
}
