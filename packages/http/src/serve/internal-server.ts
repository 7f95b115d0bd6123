import type { Context } from 'koa';
import { authenticateService } from './authenticate-service.js';
import { createApplication, type ApplicationOptions } from './application.js';
import { openServer, type HttpServer, type ServerOptions } from './http-server.js';
import { type Logger, watchLoops, measure, renderMetrics } from '@agora/process';
import { get, routeRequests, type Route } from '../endpoint/routes.js';

export interface InternalServerOptions extends ServerOptions {
  logger: Logger;
  /** Whether the process can serve now; asked for at most once a second, while it can't ten times. */
  isReady(): Promise<boolean> | boolean;
  /** Whether what the process's loops work with answers: the database, NATS. While it doesn't, no loop is to blame. */
  dependenciesAnswer(): Promise<boolean> | boolean;
  routes?: readonly Route[];
  /** What other services must know to be answered. */
  secret?: string;
  translateError?: ApplicationOptions['translateError'];
}

const probeMilliseconds = 1_000;
/** A process that is not ready is usually starting and soon will be, so this answer is kept for a shorter time. */
const retryMilliseconds = 100;

/**
 * The second port, which is never routed from outside: `/healthz` (the process lives, and so do its loops), `/readyz` (it can serve), `/metrics`
 * and the given routes.
 */
export async function openInternalServer({
  logger,
  isReady,
  dependenciesAnswer,
  routes = [],
  secret,
  translateError,
  ...options
}: InternalServerOptions): Promise<HttpServer> {
  const health = watchLoops(logger, dependenciesAnswer);
  const ready = cached(isReady);
  measure('service_ready', '1 when the process can serve, as /readyz says, else 0', async () =>
    (await answersInTime(ready)) ? 1 : 0,
  );
  const table: Route[] = [
    get('/healthz', 'anyone', (ctx) => answerStatus(ctx, health.isGood())),
    get('/readyz', 'anyone', async (ctx) => answerStatus(ctx, await ready())),
    get('/metrics', 'anyone', async (ctx) => {
      const { contentType, body } = await renderMetrics();
      ctx.type = contentType;
      ctx.body = body;
    }),
    ...routes,
  ];
  // Probes would drown the log: only what goes wrong is worth a line.
  const application = createApplication({
    logger: logger.child({}, { level: 'warn' }),
    middleware: routeRequests(
      table,
      secret === undefined ? {} : { authenticate: authenticateService(secret) },
    ),
    beginsTraces: false,
    ...(translateError && { translateError }),
  });
  const server = await openServer(application.callback(), options);
  return {
    port: server.port,
    async stop() {
      await health.stop();
      await server.stop();
    },
  };
}

function answerStatus(ctx: Context, good: boolean): void {
  ctx.status = good ? 200 : 503;
  ctx.body = { status: good ? 'ok' : 'unavailable' };
}

/** A scrape waits no longer than a probe would. A process that does not know in time whether it can serve counts as not ready. */
async function answersInTime(ready: () => Promise<boolean>): Promise<boolean> {
  const late = new Promise<boolean>((resolve) => setTimeout(resolve, probeMilliseconds, false).unref());
  return Promise.race([ready(), late]).catch(() => false);
}

function cached(probe: () => Promise<boolean> | boolean): () => Promise<boolean> {
  let last: { until: number; result: Promise<boolean> } | undefined;
  return async () => {
    if (last && performance.now() < last.until) return last.result;
    const asked = { until: performance.now() + probeMilliseconds, result: Promise.resolve(probe()) };
    last = asked;
    const isGood = await asked.result;
    if (!isGood) asked.until = Math.min(asked.until, performance.now() + retryMilliseconds);
    return isGood;
  };
}
