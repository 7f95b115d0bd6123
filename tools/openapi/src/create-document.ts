import type { Problem, Route } from '@agora/http';
import type { BodyKind } from '@agora/http/body';
import { createSchemaConverter } from './convert-schema.js';
import { describeOperation, type Operation } from './describe-operation.js';
import { defineProblem, type Examples } from './describe-problems.js';
import { everywhere } from './headers.js';
import { introduction, tags } from './introduction.js';
import { shareResponses } from './share-responses.js';

/** A line of the gateway's table. */
export interface PublicRoute extends Pick<Route, 'method' | 'path' | 'access'> {
  service: string;
  reads: readonly BodyKind[];
  deprecated?: object;
}

/** All that the document is made of. */
export interface DocumentParts {
  publicRoutes: readonly PublicRoute[];
  /** The gateway's own refusals of a route. */
  refusalsOf(route: PublicRoute): readonly Problem[];
  /** The endpoints of each service, and of the gateway itself. */
  endpoints: Record<string, readonly Route[]>;
  /** The codes of problems that no operation answers, such as that of an unknown method. */
  otherCodes: readonly string[];
}

/** The OpenAPI document of the whole system; throws where gateway and service differ, or a route is not described. */
export function createDocument({
  publicRoutes,
  refusalsOf,
  endpoints,
  otherCodes,
}: DocumentParts): Record<string, unknown> {
  const converter = createSchemaConverter();
  const examples: Examples = {};
  const paths: Record<string, Record<string, Operation>> = {};
  for (const route of publicRoutes) {
    const description = descriptionOf(route, endpoints[route.service] ?? []);
    if (!description) continue;
    const path = route.path.replaceAll(/:(\w+)/g, '{$1}');
    const operation = describeOperation(
      { route, description, refusals: refusalsOf(route) },
      { converter, examples },
    );
    paths[path] = {
      ...paths[path],
      [route.method.toLowerCase()]: { ...operation, ...(route.deprecated && { deprecated: true }) },
    };
  }
  defineProblem([...Object.keys(examples), ...otherCodes], converter);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Agora',
      version: '1',
      description: introduction,
      contact: { name: 'Agora' },
      license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    },
    // The gateway puts itself in the place of this one.
    servers: [{ url: 'http://127.0.0.1:8000', description: 'The gateway of `npm start`' }],
    tags: tags.filter(({ name }) => publicRoutes.some(({ service }) => service === name)),
    paths,
    components: {
      schemas: sorted(converter.named),
      responses: sorted(shareResponses(Object.values(paths).flatMap((path) => Object.values(path)))),
      examples: sorted(examples),
      headers: everywhere,
      securitySchemes,
    },
  };
}

const securitySchemes = {
  oauth2Password: {
    type: 'oauth2',
    description: 'Your e-mail address and password. There is no client id or secret.',
    flows: { password: { tokenUrl: '/login', refreshUrl: '/refresh', scopes: {} } },
  },
  bearerAuth: {
    type: 'http',
    scheme: 'bearer',
    bearerFormat: 'JWT',
    description: 'The `access_token` from `POST /login`.',
  },
};

function descriptionOf(route: PublicRoute, endpoints: readonly Route[]) {
  const title = `${route.method} ${route.path}`;
  const endpoint = endpoints.find(({ method, path }) => method === route.method && path === route.path);
  if (!endpoint) throw new Error(`${title} is in the gateway's table and not in that of ${route.service}`);
  const { access, description } = endpoint;
  // A part of a page is no business of API clients.
  if (!description && route.service === 'gateway') return undefined;
  if (!description) throw new Error(`${title} has no description`);
  if (access !== route.access)
    throw new Error(`${title} is for ${route.access} at the gateway, and for ${access} behind it`);
  const reads = (['json', 'form'] as const).filter((kind) => description[kind]);
  // A form is described once, however it is encoded.
  if (
    reads.toSorted().join() !==
    route.reads
      .filter((kind) => kind !== 'multipart')
      .toSorted()
      .join()
  )
    throw new Error(
      `${title} reads ${route.reads.join(', ') || 'nothing'} at the gateway, and is described with ${reads.join(', ') || 'nothing'}`,
    );
  return description;
}

const sorted = <Value>(record: Record<string, Value>): Record<string, Value> =>
  Object.fromEntries(Object.entries(record).toSorted(([one], [other]) => one.localeCompare(other)));
