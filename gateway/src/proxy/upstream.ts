import { Agent } from 'node:http';
import { clientLeft, countAskers } from '@agora/http/serve';
import type { Logger, Stoppable } from '@agora/process';
import { traceCall } from '@agora/process/requests';
import { createProxyMiddleware } from 'http-proxy-middleware';
import type { Context } from 'koa';
import { OutgoingRequest, type Attempt, type Outgoing } from './outgoing-request.js';
import { serviceUnavailable, toUpstreamProblem } from './upstream-failure.js';
import { watchProxy } from './watch-proxy.js';

export interface UpstreamOptions {
  origin: string;
  /** How long an answer may take to begin, and how long it may pause then. */
  timeoutMilliseconds: number;
  /** A service that hangs must not take all of the gateway with it: past this many requests whoever asks most is refused, past twice as many everybody. */
  maxInFlight: number;
  logger: Logger;
}

/** A service behind the gateway. */
export interface Upstream extends Stoppable {
  /** Asks the service and passes its answer on; throws 502, 503 or 504 when there is none. Ends when the answer has ended, with its size in bytes. */
  forward(ctx: Context, outgoing: Outgoing): Promise<number>;
  /** The same for an answer that goes on and on: it counts for no request, and may pause for as long as its signs of life do. */
  forwardStream(ctx: Context, outgoing: Outgoing): Promise<number>;
}

/** Three times what the services take between two signs of life: then the service is gone, or the way to it. */
const streamPauseMilliseconds = 30_000;

/** Opens the way to a service, over connections that are kept. */
export function createUpstream({
  origin,
  timeoutMilliseconds,
  maxInFlight,
  logger,
}: UpstreamOptions): Upstream {
  // No bound but for idle sockets: a request that queued for one could not be called back when its client leaves.
  // They go before a service that stops would close them (`SHUTDOWN_NOTICE_SECONDS`), and with it a request on its way.
  const agent = new Agent({ keepAlive: true, maxFreeSockets: 64, timeout: 1_500 });
  const streamAgent = new Agent();
  const ask = createAsk(origin, agent, timeoutMilliseconds);
  const askForStream = createAsk(origin, streamAgent, timeoutMilliseconds, streamPauseMilliseconds);
  const askers = countAskers();
  const forgetting = setInterval(() => askers.forgetHalf(), 1_000);
  const passOn = async (asking: Ask, ctx: Context, outgoing: Outgoing) => {
    const done = askers.begin(outgoing.asker);
    try {
      return await askAgainIfStale(asking, ctx, outgoing);
    } catch (error) {
      return giveUp(ctx, error as NodeJS.ErrnoException, logger);
    } finally {
      done(1);
    }
  };
  return {
    async forward(ctx, outgoing) {
      const inUse = socketsInUse(agent);
      if (inUse >= 2 * maxInFlight || (inUse >= maxInFlight && askers.asksMost(outgoing.asker)))
        throw serviceUnavailable();
      return passOn(ask, ctx, outgoing);
    },
    forwardStream: (ctx, outgoing) => passOn(askForStream, ctx, outgoing),
    async stop() {
      clearInterval(forgetting);
      agent.destroy();
      streamAgent.destroy();
    },
  };
}

/** Not the answers under way: a client that reads slowly must not hold the place of one that is waiting for the service. */
const socketsInUse = ({ sockets }: Agent): number =>
  Object.values(sockets).reduce((sum, inUse) => sum + (inUse?.length ?? 0), 0);

/** Asks the service once and passes its answer on; rejects with the error of the connection when there is none. */
type Ask = (ctx: Context, outgoing: Outgoing, attempt: Attempt) => Promise<void>;

function createAsk(
  origin: string,
  agent: Agent,
  timeoutMilliseconds: number,
  pauseMilliseconds = timeoutMilliseconds,
): Ask {
  const proxy = createProxyMiddleware({
    target: origin,
    agent,
    // The gateway has found the route; the default would parse every URL once more to find that it fits.
    pathFilter: () => true,
    proxyTimeout: pauseMilliseconds,
    selfHandleResponse: true,
    // The default ones answer errors themselves, with the host and the URL.
    ejectPlugins: true,
    plugins: [watchProxy(timeoutMilliseconds)],
  });
  const { host } = new URL(origin);
  const forward = async (
    ctx: Context,
    outgoing: Outgoing,
    attempt: Attempt,
    traceHeaders: Record<string, string>,
  ) => {
    // The proxy ends with the answer; one that has ended already would never end it.
    if (ctx.res.closed) throw clientLeft();
    const { promise: failed, reject } = Promise.withResolvers<never>();
    attempt.fail = reject;
    const request = new OutgoingRequest(ctx, outgoing, traceHeaders, attempt);
    await Promise.race([proxy(request, ctx.res), failed]);
    if (!ctx.res.headersSent) throw clientLeft();
  };
  return (ctx, outgoing, attempt) =>
    traceCall(`${ctx.method} ${host}`, (headers) => forward(ctx, outgoing, attempt, headers));
}

/** A kept connection may have been closed by a service that restarts; a read can then safely be asked once more. */
async function askAgainIfStale(ask: Ask, ctx: Context, outgoing: Outgoing): Promise<number> {
  const attempt: Attempt = { reusedSocket: false, bytes: 0, fail: () => undefined };
  try {
    await ask(ctx, outgoing, attempt);
  } catch (error) {
    const stale = attempt.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET';
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!stale || !isRead || ctx.res.headersSent) throw error;
    await ask(ctx, outgoing, attempt);
  }
  return attempt.bytes;
}

function giveUp({ res }: Context, error: NodeJS.ErrnoException, logger: Logger): number {
  if (res.closed && !res.headersSent) throw clientLeft();
  if (!res.destroyed) logger.warn({ error }, 'no answer from the service');
  if (!res.headersSent) throw toUpstreamProblem(error);
  // Half an answer must not look like a whole one.
  res.destroy();
  return 0;
}
