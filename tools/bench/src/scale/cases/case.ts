import type { ServiceName } from '@agora/local-stack';
import type { Request } from '../../load/routes.js';
import type { World } from '../world.js';

/** How a cost may grow with ten times the data: not at all, or with the rows returned, read or erased. */
export type Growth = 'stays' | 'grows';

/** Requests whose costs at both sizes are compared. */
export interface Case {
  /** As the table has it. */
  name: string;
  /** The service that answers. */
  service: ServiceName;
  /** An endpoint by default: Prometheus's requests are periodic. */
  kind?: 'periodic';
  /** How many requests a turn has; 20 by default. */
  count?: number;
  /** Once, because it cannot be done again. */
  once?: boolean;
  growth?: Growth;
  /** What a turn sends; whatever it needs is made here. */
  requests(world: World, count: number): Request[] | Promise<Request[]>;
  /** What other services do when they receive its event: a row for each. The turn lasts until all is done; work that the answer starts in the same service is part of its cost. */
  reactions?: Partial<Record<ServiceName, string>>;
  /** The reactions grow with what they erase. */
  reactionsGrow?: boolean;
}

export const get = (path: string, headers: Record<string, string> = {}): Request => ({
  method: 'GET',
  path,
  headers,
});

export const send = (
  method: string,
  path: string,
  headers: Record<string, string> = {},
  body?: unknown,
): Request => ({
  method,
  path,
  headers: body === undefined ? headers : { ...headers, 'Content-Type': 'application/json' },
  ...(body !== undefined && { body: JSON.stringify(body) }),
});

/** Repeats a case for each number. */
export const times = <Item>(count: number, itemOf: (index: number) => Item): Item[] =>
  Array.from({ length: count }, (_, index) => itemOf(index));
