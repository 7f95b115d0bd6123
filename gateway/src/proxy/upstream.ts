import { clientLeft, countAskers } from '@agora/http/serve';
import type { Logger, Stoppable } from '@agora/process';
import { traceCall } from '@agora/process/requests';
import type { Context } from 'koa';
import type { Attempt, Client, Outgoing } from './outgoing-request.js';
import { plainClient } from './plain-client.js';
import { serviceUnavailable, toUpstreamProblem } from './upstream-failure.js';

export interface UpstreamOptions {
  origin: string;
  /** How long an answer may take to begin, and how long it may pause then. */
  timeoutMilliseconds: number;
  /** A service that hangs must not take all of the gateway with it: beyond this many requests the callers with the most are refused, beyond twice as many all are. */
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
  const plain = plainClient(origin, timeoutMilliseconds);
  let streams: Promise<Client> | undefined;
  // With the first stream: what it loads is a fifth of an idle gateway.
  const loadStreams = async () => {
    const { streamClient } = await import('./stream-client.js');
    return streamClient(origin, timeoutMilliseconds, streamPauseMilliseconds);
  };
  const { host } = new URL(origin);
  const askers = countAskers();
  const forgetting = setInterval(() => askers.forgetHalf(), 1_000);
  const passOn = async ({ ask }: Client, ctx: Context, outgoing: Outgoing) => {
    const done = askers.begin(outgoing.asker);
    try {
      return await askAgainIfStale(ask, host, ctx, outgoing);
    } catch (error) {
      return giveUp(ctx, error as NodeJS.ErrnoException, logger);
    } finally {
      done(1);
    }
  };
  return {
    async forward(ctx, outgoing) {
      const inUse = plain.inUse();
      if (inUse >= 2 * maxInFlight || (inUse >= maxInFlight && askers.asksMost(outgoing.asker)))
        throw serviceUnavailable();
      return passOn(plain, ctx, outgoing);
    },
    forwardStream: async (ctx, outgoing) => passOn(await (streams ??= loadStreams()), ctx, outgoing),
    async stop() {
      clearInterval(forgetting);
      await Promise.all([plain.stop(), streams?.then((client) => client.stop())]);
    },
  };
}

/** A kept connection may have been closed by a service that restarts; a read can then safely be asked once more. */
async function askAgainIfStale(
  ask: Client['ask'],
  host: string,
  ctx: Context,
  outgoing: Outgoing,
): Promise<number> {
  const attempt: Attempt = { reusedSocket: false, bytes: 0, fail: () => undefined };
  const askOnce = () =>
    traceCall(`${ctx.method} ${host}`, async (traceHeaders) => {
      // What is asked ends with the answer; one that has ended already would never end it.
      if (ctx.res.closed) throw clientLeft();
      await ask(ctx, outgoing, attempt, traceHeaders);
      if (!ctx.res.headersSent) throw clientLeft();
    });
  try {
    await askOnce();
  } catch (error) {
    const isStale = attempt.reusedSocket && brokenOff.has((error as NodeJS.ErrnoException).code ?? '');
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!isStale || !isRead || ctx.res.headersSent) throw error;
    await askOnce();
  }
  return attempt.bytes;
}

/** How Node.js and undici say that the other side has closed a connection. */
const brokenOff = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function giveUp({ res }: Context, error: NodeJS.ErrnoException, logger: Logger): number {
  if (res.closed && !res.headersSent) throw clientLeft();
  if (!res.destroyed) logger.warn({ error }, 'no answer from the service');
  if (!res.headersSent) throw toUpstreamProblem(error);
  // Half an answer must not look like a whole one.
  res.destroy();
  return 0;
}
