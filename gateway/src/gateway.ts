import { addressBucket, createApplication, shedLoad } from '@agora/http/serve';
import type { Logger } from '@agora/process';
import { findCaller, type Verifier } from '@agora/identity';
import type Koa from 'koa';
import type { Context } from 'koa';
import { checkRequest } from './admit/check-request.js';
import { clientAddress } from './admit/client-address.js';
import { allowOrigins, answerPreflight, preflightMethod } from './admit/cors.js';
import { cutUnreadBodies } from './admit/cut-unread-bodies.js';
import { demandTls } from './admit/demand-tls.js';
import { createRouteFinder } from './admit/find-route.js';
import type { Streams } from './proxy/hold-streams.js';
import { createAdmission, type Caller } from './admit/admit.js';
import { costOfAnswer } from './limits/cost.js';
import { takeTurns } from './limits/take-turns.js';
import { compressAnswer } from './proxy/compress.js';
import type { Limiter } from './limits/limiter.js';
import { pages } from './pages/pages.js';
import { showDocument } from './pages/show-document.js';
import { receiveBody } from './admit/receive-body.js';
import { routes, type Deprecated, type Route, type Service } from './routes.js';
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
  /** Whether some reads need no token. */
  publicReads: boolean;
  /** Whether large answers are compressed. */
  compresses: boolean;
  /** Where clients reach Agora, for the OpenAPI document. */
  publicUrl: string | undefined;
  version: string;
  logger: Logger;
  isDraining(): boolean;
}

/** The public application. What it refuses never reaches a service. */
export function createGateway(options: GatewayOptions): Koa {
  const {
    verifier,
    upstreams,
    limiter,
    streams,
    trustedProxyHops,
    corsOrigins,
    behindTls,
    publicReads,
    compresses,
    publicUrl,
    version,
    logger,
    isDraining,
  } = options;
  const findRoute = createRouteFinder(routes);
  const admit = createAdmission(verifier, limiter, publicReads);
  const turns = { user: takeTurns(ofUser), address: takeTurns(ofAddress) };
  const ownPages = new Map(
    pages({ version, isDraining, showDocument: showDocument(publicUrl) }).map(({ path, handler }) => [
      path,
      handler,
    ]),
  );
  const addressOf = (ctx: Context) => clientAddress(ctx.req, trustedProxyHops);
  // Each service has a bound of its own on what is under way to it.
  const shed = shedLoad({
    maxInFlight: Infinity,
    exempt: '/health',
    callerOf: (ctx) => String(findCaller(ctx)?.userId ?? addressBucket(addressOf(ctx))),
  });

  /** The order is the contract's: framing and path, token, rate limit, content type and size. */
  const answer = async (ctx: Context): Promise<void> => {
    const { path: givenPath, query } = checkRequest(ctx.req);
    const preflight = preflightMethod(ctx);
    const { route, path } = findRoute(preflight ?? ctx.method, givenPath);
    labelMetrics(ctx, route.path);
    if (route.deprecated) tellDeprecation(ctx, route.deprecated);
    if (preflight) return answerPreflight(ctx, preflight);
    const caller = await admit(ctx, route, addressOf(ctx), query);
    if (compresses) compressAnswer(ctx, route);
    await shed(ctx, () => serve(ctx, route, caller, path + query));
  };

  const serve = async (ctx: Context, route: Route, caller: Caller, url: string): Promise<void> => {
    if (route.service === 'gateway') return ownPages.get(route.path)?.(ctx);
    const body = await receiveBody(ctx.req, ctx.res, route.reads);
    const upstream = upstreams[route.service];
    const outgoing = { url, body, address: addressOf(ctx), caller: caller.key };
    if (route.streams && ctx.method !== 'HEAD')
      return streams.hold(ctx, caller, async () => void (await upstream.forwardStream(ctx, outgoing)));
    await turns[caller.policy].take(ctx, caller.key, Math.min(caller.cost, heaviestTurn), async () => {
      const bytes = await upstream.forward(ctx, outgoing);
      await limiter.charge(caller.policy, caller.key, costOfAnswer(bytes));
    });
  };

  const middleware = [cutUnreadBodies, allowOrigins(corsOrigins), answer];
  return createApplication({ logger, middleware: behindTls ? [demandTls, ...middleware] : middleware });
}

/** One of the largest pages and something light beside it: with three, ten others would wait more than three times as long. */
const ofUser = { inWork: 6, waiting: 256 };
const heaviestTurn = 5;
/** Many may come from one address. */
const ofAddress = { inWork: 64, waiting: 1_024 };

/** `createApplication` reads the label where @koa/router would have left it. */
const labelMetrics = (ctx: Context & { _matchedRoute?: string }, path: string): void => {
  ctx._matchedRoute = path;
};

/** By RFC 9745 and RFC 8594. */
function tellDeprecation(ctx: Context, { since, until, instead }: Deprecated): void {
  ctx.set('Deprecation', `@${Date.parse(since) / 1_000}`);
  if (until) ctx.set('Sunset', new Date(until).toUTCString());
  if (instead) ctx.append('Link', `<${instead}>; rel="deprecation"`);
}
