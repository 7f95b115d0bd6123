import { Router } from '@koa/router';
import type { Context, Middleware } from 'koa';
import type { Description } from './describe.js';
import { Problem, notFound } from './problem.js';

/** Answers one endpoint. */
export type Handler = (ctx: Context) => Promise<void> | void;

/** Who may call an endpoint: `anyone`, a `user` with a valid access token, or, on the internal port, another `service`. */
export type Access = 'anyone' | 'user' | 'service';

/** One line of a service's table of contents. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  access: Access;
  handler: Handler;
  /** Lets callers in by itself, instead of by what all routes of the table ask for. */
  guard?: Middleware;
  /** Missing where no client ever comes. */
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

/** Routes requests by the table; a path is served with and without a trailing slash. Another path is 404, another method 405 with `Allow`. */
export function routeRequests(routes: readonly Route[], authenticate?: Middleware): Middleware[] {
  const router = new Router({ sensitive: true });
  for (const { method, path, access, handler, guard } of routes) {
    router.register(path, method === 'GET' ? ['GET', 'HEAD'] : [method], [
      ...(guard ? [guard] : guardsOf(access, authenticate)),
      (ctx: Context) => handler(ctx),
    ]);
  }
  return [router.routes() as unknown as Middleware, refuseUnrouted];
}

function guardsOf(access: Access, authenticate?: Middleware): Middleware[] {
  if (access === 'anyone') return [];
  if (!authenticate) throw new Error('a route that is not for anyone needs a way to authenticate');
  return [authenticate];
}

function refuseUnrouted(ctx: Context & { matched?: { methods: string[] }[] }): void {
  const methods = new Set(ctx.matched?.flatMap((layer) => layer.methods));
  throw methods.size > 0 ? methodNotAllowed([...methods]) : nothingHere();
}

/** 404 for a path that nothing answers. */
export const nothingHere = () => notFound('not_found', 'There is nothing at this path.');

/** 405, with the methods that the path does answer. */
export const methodNotAllowed = (allowed: readonly string[]) =>
  new Problem(405, 'method_not_allowed', 'This path does not answer that method.', {
    headers: { Allow: allowed.toSorted().join(', ') },
  });
