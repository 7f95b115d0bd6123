import type { Middleware } from 'koa';
import type { Problem } from '@agora/http';
import { createApplication, openServer, type HttpServer } from '@agora/http/serve';
import { createLogger } from '@agora/process';

/** Serves middleware on a free port; `lines` is what it logs. */
export async function serve(
  middleware: Middleware[],
  translateError?: (error: unknown) => Problem | undefined,
): Promise<HttpServer & { url: string }> {
  const logger = createLogger('test', 'silent');
  const application = createApplication({ logger, middleware, ...(translateError && { translateError }) });
  const server = await openServer(application.callback(), {
    host: '127.0.0.1',
    port: 0,
    drainMilliseconds: 2_000,
  });
  return { ...server, url: `http://127.0.0.1:${server.port}` };
}
