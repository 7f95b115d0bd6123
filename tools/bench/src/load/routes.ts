import { StackError } from '@agora/local-stack';

/** A request as it is sent, again and again. */
export interface Request {
  method: string;
  path: string;
  headers?: Record<string, string>;
  body?: string;
}

/** By name the requests that each connection sends in turn. */
export type Routes = Record<string, Request[]>;

/** Reads the routes of a rival: by name a request, or a list that each connection goes through; a body may be written as JSON. Throws a StackError. */
export function readRoutes(text: string): Routes {
  try {
    const named = JSON.parse(text) as Record<string, unknown>;
    return Object.fromEntries(
      Object.entries(named).map(([name, given]) => [name, [given].flat().map(requestOf)]),
    );
  } catch (error) {
    throw new StackError(`--rival-routes: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function requestOf(given: unknown): Request {
  const { method = 'GET', path, headers, body } = (given ?? {}) as Record<string, unknown>;
  if (typeof method !== 'string' || typeof path !== 'string' || !path.startsWith('/'))
    throw new Error('a route is {"method": …, "path": "/…", "headers": {…}, "body": …}, or a list of them');
  // Where it is all of a value, it is a number.
  const json = () => JSON.stringify(body).replaceAll('"{connection}"', '{connection}');
  const text = body === undefined || typeof body === 'string' ? body : json();
  return {
    method,
    path,
    headers: headersOf(headers, body),
    ...(text !== undefined && { body: text }),
  };
}

const headersOf = (given: unknown, body: unknown): Record<string, string> => ({
  ...(typeof body === 'object' && { 'Content-Type': 'application/json' }),
  ...(given as Record<string, string> | undefined),
});

/** The requests for each of so many connections, where `{connection}` stands for its number, from 1 on. */
export const perConnection = (requests: readonly Request[], connections: number): Request[][] =>
  Array.from(
    { length: connections },
    (_, index) =>
      JSON.parse(JSON.stringify(requests).replaceAll('{connection}', String(index + 1))) as Request[],
  );
