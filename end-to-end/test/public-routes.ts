import type { HttpClient } from '@agora/testing';

/** A line of the public table of contents. */
export interface PublicRoute {
  method: string;
  path: string;
  reads: 'json' | 'form' | 'nothing';
}

/** The routes as the documentation lists them, so that a test of all of them forgets none. */
export async function readPublicRoutes(ask: HttpClient): Promise<PublicRoute[]> {
  const { body } = await ask('GET', '/docs');
  const row =
    /<td><code>([A-Z]+)<\/code><\/td><td><code>([^<]+)<\/code><\/td>\s*<td>[^<]*<\/td>\s*<td>([^<]*)</g;
  const routes = [...String(body.content).matchAll(row)].map(
    ([, method = '', path = '', kinds = '']): PublicRoute => ({ method, path, reads: kindOf(kinds) }),
  );
  if (routes.length < 15) throw new Error('GET /docs does not list the routes as this test reads them');
  return routes;
}

const kindOf = (kinds: string): PublicRoute['reads'] =>
  kinds.includes('JSON') ? 'json' : kinds.includes('form') ? 'form' : 'nothing';
