import { StackError } from '@agora/local-stack';
import { perConnection, type Request, type Routes } from './routes.js';

/** Another implementation to compare with this one. */
export interface Rival {
  /** Where it listens. */
  origin: string;
  routes: Routes;
}

/** The requests of a route for each of so many connections. Throws a StackError when its file has none of that name. */
export function requestsTo({ routes }: Rival, name: string, connections: number): Request[][] {
  const route = routes[name];
  if (!route) throw new StackError(`--rival-routes has no route "${name}"`);
  return perConnection(route, connections);
}

/** Sends the request that precedes each round, if any, and ignores its status. */
export async function reset(rival: Rival, connections: number): Promise<void> {
  const { reset: route = [] } = rival.routes;
  for (const requests of perConnection(route, connections))
    for (const request of requests) await ask(rival, request);
}

/** Throws a StackError unless a read is answered with 2xx: a rival's faults should be known before it is measured. */
export async function requireAnswer(rival: Rival, name: string): Promise<void> {
  const [[request] = []] = requestsTo(rival, name, 1);
  if (!request) throw new StackError(`--rival-routes has an empty list as "${name}"`);
  const { status, text } = await ask(rival, request);
  if (status < 200 || status > 299)
    throw new StackError(
      `The rival answers ${status} to ${request.method} ${request.path}: ${text.slice(0, 200)}`,
    );
}

async function ask({ origin }: Rival, { method, path, headers, body }: Request) {
  try {
    const response = await fetch(`${origin}${path}`, {
      method,
      ...(headers && { headers }),
      ...(body && { body }),
    });
    return { status: response.status, text: await response.text() };
  } catch (error) {
    const { cause } = error as Error;
    throw new StackError(`The rival at ${origin} does not answer: ${String(cause ?? error)}`);
  }
}
