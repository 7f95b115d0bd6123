import { createApplication, shedLoad, type Logger } from '@agora/chassis';
import type { Verifier } from '@agora/identity';
import type Koa from 'koa';
import type { Context } from 'koa';
import { checkRequest } from './admit/check-request.js';
import { clientAddress } from './admit/client-address.js';
import { allowOrigins, answerPreflight, preflightMethod } from './admit/cors.js';
import { cutUnreadBodies } from './admit/cut-unread-bodies.js';
import { demandTls } from './admit/demand-tls.js';
import { createRouteFinder } from './admit/find-route.js';
import type { Streams } from './proxy/hold-streams.js';
import { createAdmission } from './admit/admit.js';
import type { Limiter } from './limits/limiter.js';
import { pages } from './pages/pages.js';
import { showDocument } from './pages/show-document.js';
import { receiveBody } from './admit/receive-body.js';
import { routes, type Service } from './routes.js';
import type { Upstream } from './proxy/upstream.js';

export interface GatewayOptions {
  verifier: Verifier;
  upstreams: Record<Service, Upstream>;
  limiter: Limiter;
  streams: Streams;
  /** How many proxies in front are believed when they name the client's address. */
  trustedProxyHops: number;
  /** The origins whose pages may read answers. */
  corsOrigins: readonly string[];
  /** Whether clients come by TLS, which ends in front. */
  behindTls: boolean;
  version: string;
  logger: Logger;
  isDraining(): boolean;
}

/** The public application. What it refuses, it refuses before a service hears of it. */
export function createGateway(options: GatewayOptions): Koa {
  const {
    verifier,
    upstreams,
    limiter,
    streams,
    trustedProxyHops,
    corsOrigins,
    behindTls,
    version,
    logger,
    isDraining,
  } = options;
  const findRoute = createRouteFinder(routes);
  const admit = createAdmission(verifier, limiter);
  const ownPages = new Map(
    pages({ version, isDraining, showDocument: showDocument() }).map(({ path, handler }) => [path, handler]),
  );

  /** The order is the contract's: framing and path, token, rate limit, content type and size. */
  const answer = async (ctx: Context): Promise<void> => {
    const { path: givenPath, query } = checkRequest(ctx.req);
    const preflight = preflightMethod(ctx);
    const { route, path } = findRoute(preflight ?? ctx.method, givenPath);
    labelMetrics(ctx, route.path);
    if (preflight) return answerPreflight(ctx, preflight);
    const address = clientAddress(ctx.req, trustedProxyHops);
    await admit(ctx, route, address);
    if (route.service === 'gateway') return ownPages.get(route.path)?.(ctx);
    const body = await receiveBody(ctx.req, ctx.res, route.reads);
    const upstream = upstreams[route.service];
    const outgoing = { url: path + query, body, address };
    if (!route.streams || ctx.method === 'HEAD') return upstream.forward(ctx, outgoing);
    await streams.hold(ctx, () => upstream.forwardStream(ctx, outgoing));
  };

  // Each service has a bound of its own on what is under way to it.
  const shed = shedLoad({ maxInFlight: Infinity, exempt: '/health' });
  const middleware = [cutUnreadBodies, allowOrigins(corsOrigins), shed, answer];
  return createApplication({ logger, middleware: behindTls ? [demandTls, ...middleware] : middleware });
}

/** The chassis reads the label where @koa/router would have left it. */
const labelMetrics = (ctx: Context & { _matchedRoute?: string }, path: string): void => {
  ctx._matchedRoute = path;
};
