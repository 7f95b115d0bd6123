import { createRequire } from 'node:module';
import type * as KoaRouter from '@koa/router';
import type { Context, Middleware } from 'koa';
import { requireListener } from '../serve/client-left.js';
import type { Description } from './describe.js';
import { Problem, notFound } from './problem.js';

/** Answers one endpoint. */
export type Handler = (ctx: Context) => Promise<void> | void;

/**
 * Who may call an endpoint: `anyone`, a `user` with a valid access token, a `reader`, who needs none where `PUBLIC_READS` says so, or, on the
 * internal port, another `service`.
 */
export type Access = 'anyone' | 'user' | 'reader' | 'service';

/** One line of a service's table of contents. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  access: Access;
  handler: Handler;
  /** Authenticates callers in place of the guard that `access` names. */
  guard?: Middleware;
  /** Missing for endpoints that are not public. */
  description?: Description;
}

const routeOf =
  (method: Route['method']) =>
  (path: string, access: Access, handler: Handler, description?: Description): Route => ({
    method,
    path,
    access,
    handler,
    ...(description && { description }),
  });

export const get = routeOf('GET');
export const post = routeOf('POST');
export const put = routeOf('PUT');
export const patch = routeOf('PATCH');
export const del = routeOf('DELETE');

/** What stands between a route and its handler. */
export interface Guards {
  authenticate?: Middleware;
  /** For routes of readers; without it they are for users. */
  authenticateReader?: Middleware;
  /** Runs once the caller is known. */
  shed?: Middleware;
}

/** Routes requests by the table; a path is served with and without a trailing slash. Another path is 404, another method 405 with `Allow`. */
export function routeRequests(routes: readonly Route[], guards: Guards = {}): Middleware[] {
  // Its ES module imports `http` (see node-http.ts).
  const { Router } = createRequire(import.meta.url)('@koa/router') as typeof KoaRouter;
  const router = new Router({ sensitive: true });
  for (const { method, path, access, handler, guard } of routes) {
    router.register(path, method === 'GET' ? ['GET', 'HEAD'] : [method], [
      ...(guard ? [guard, ...shedding(guards)] : guardsOf(access, guards)),
      (ctx: Context) => {
        requireListener(ctx);
        return handler(ctx);
      },
    ]);
  }
  return [router.routes() as unknown as Middleware, refuseUnrouted];
}

function guardsOf(access: Access, guards: Guards): Middleware[] {
  if (access === 'anyone') return shedding(guards);
  const { authenticate, authenticateReader } = guards;
  const guard = access === 'reader' ? (authenticateReader ?? authenticate) : authenticate;
  if (!guard) throw new Error('a route that is not for anyone needs a way to authenticate');
  return [guard, ...shedding(guards)];
}

const shedding = ({ shed }: Guards): Middleware[] => (shed ? [shed] : []);

function refuseUnrouted(ctx: Context & { matched?: { methods: string[] }[] }): void {
  const methods = new Set(ctx.matched?.flatMap((layer) => layer.methods));
  throw methods.size > 0 ? methodNotAllowed([...methods]) : nothingHere();
}

/** 404 for a path that nothing answers. */
export const nothingHere = () => notFound('not_found', 'There is nothing at this path.');

/** 405, with the methods that the path does answer. */
export const methodNotAllowed = (allowed: readonly string[]) =>
  new Problem(405, 'method_not_allowed', 'This path does not support that method.', {
    headers: { Allow: allowed.toSorted().join(', ') },
  });
