import type { HttpClient } from '@agora/testing';

/** A line of the public table of contents. */
export interface PublicRoute {
  method: string;
  path: string;
  reads: 'json' | 'form' | 'nothing';
}

interface Operation {
  requestBody?: { content: Record<string, unknown> };
}

/** The routes as the OpenAPI document lists them, so that a test of all of them forgets none. */
export async function readPublicRoutes(ask: HttpClient): Promise<PublicRoute[]> {
  const { body } = await ask('GET', '/openapi.json');
  const paths = Object.entries(body.paths as Record<string, Record<string, Operation>>);
  return paths.flatMap(([path, operations]) =>
    Object.entries(operations).map(([method, { requestBody }]) => ({
      method: method.toUpperCase(),
      path,
      reads: kindOf(Object.keys(requestBody?.content ?? {})),
    })),
  );
}

const kindOf = (mediaTypes: string[]): PublicRoute['reads'] =>
  mediaTypes.includes('application/json') ? 'json' : mediaTypes.length > 0 ? 'form' : 'nothing';
