import { clientLeft, countCallers } from '@agora/http/serve';
import type { Logger, Stoppable } from '@agora/process';
import { traceCall } from '@agora/process/requests';
import type { Context } from 'koa';
import type { Attempt, Client, Outgoing } from './outgoing-request.js';
import { plainClient } from './plain-client.js';
import { serviceUnavailable, toUpstreamProblem } from './upstream-failure.js';

export interface UpstreamOptions {
  origin: string;
  /** How long the service may take to start its answer, and the longest pause within one. */
  timeoutMilliseconds: number;
  /** Keeps a service that hangs from blocking the whole gateway: beyond this many requests the callers with the most are refused, beyond twice as many everybody is. */
  maxInFlight: number;
  logger: Logger;
}

/** A service behind the gateway. */
export interface Upstream extends Stoppable {
  /** Sends the request to the service and passes the answer on; throws 502, 503 or 504 when there is none. Resolves to the size of the answer in bytes, once it has ended. */
  forward(ctx: Context, outgoing: Outgoing): Promise<number>;
  /** The same for a stream without end: it does not count as a request in flight, and may pause for as long as its heartbeats do. */
  forwardStream(ctx: Context, outgoing: Outgoing): Promise<number>;
}

/** Three times the services' interval between heartbeats: after that, the service is gone or cannot be reached. */
const streamPauseMilliseconds = 30_000;

/** Connects to a service, with keep-alive connections. */
export function createUpstream({
  origin,
  timeoutMilliseconds,
  maxInFlight,
  logger,
}: UpstreamOptions): Upstream {
  const plain = plainClient(origin, timeoutMilliseconds);
  let streams: Promise<Client> | undefined;
  // Loaded with the first stream: the module takes a fifth of an idle gateway's memory.
  const loadStreams = async () => {
    const { streamClient } = await import('./stream-client.js');
    return streamClient(origin, timeoutMilliseconds, streamPauseMilliseconds);
  };
  const { host } = new URL(origin);
  const callers = countCallers();
  const forgetting = setInterval(() => callers.forgetHalf(), 1_000);
  const passOn = async ({ ask }: Client, ctx: Context, outgoing: Outgoing) => {
    const done = callers.begin(outgoing.caller);
    try {
      return await retryIfStale(ask, host, ctx, outgoing);
    } catch (error) {
      return failAnswer(ctx, error as NodeJS.ErrnoException, logger);
    } finally {
      done(1);
    }
  };
  return {
    async forward(ctx, outgoing) {
      const inUse = plain.inUse();
      if (inUse >= 2 * maxInFlight || (inUse >= maxInFlight && callers.isAmongBusiest(outgoing.caller)))
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

/** A service that restarts may have closed a keep-alive connection just before it was reused; a read can then safely be retried. */
async function retryIfStale(
  ask: Client['ask'],
  host: string,
  ctx: Context,
  outgoing: Outgoing,
): Promise<number> {
  const attempt: Attempt = { reusedSocket: false, bytes: 0, fail: () => undefined };
  const askOnce = () =>
    traceCall(`${ctx.method} ${host}`, async (traceHeaders) => {
      // The upstream request ends when the answer closes; an answer that has closed already would never end it.
      if (ctx.res.closed) throw clientLeft();
      await ask(ctx, outgoing, attempt, traceHeaders);
      if (!ctx.res.headersSent) throw clientLeft();
    });
  try {
    await askOnce();
  } catch (error) {
    const isStale = attempt.reusedSocket && connectionClosed.has((error as NodeJS.ErrnoException).code ?? '');
    const isRead = ctx.method === 'GET' || ctx.method === 'HEAD';
    if (!isStale || !isRead || ctx.res.headersSent) throw error;
    await askOnce();
  }
  return attempt.bytes;
}

/** The codes of Node.js and undici for a connection that the other side has closed. */
const connectionClosed = new Set(['ECONNRESET', 'EPIPE', 'UND_ERR_SOCKET']);

function failAnswer({ res }: Context, error: NodeJS.ErrnoException, logger: Logger): number {
  if (res.closed && !res.headersSent) throw clientLeft();
  if (!res.destroyed) logger.warn({ error }, 'no answer from the service');
  if (!res.headersSent) throw toUpstreamProblem(error);
  // Half an answer must not look like a whole one.
  res.destroy();
  return 0;
}
