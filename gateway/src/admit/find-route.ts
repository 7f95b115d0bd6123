import { methodNotAllowed, nothingHere } from '@agora/http/serve';
import type { Route } from '../routes.js';

/** A route and the path to ask its service for. */
export interface FoundRoute {
  route: Route;
  /** Rebuilt from the pattern, never the one that came in: no two layers can read it differently. */
  path: string;
}

interface Resource {
  pattern: readonly string[];
  methods: Map<string, Route>;
}

/** Returns a function that finds the route of a method and a validated path; it throws 404, or 405 with `Allow`. */
export function createRouteFinder(routes: readonly Route[]): (method: string, path: string) => FoundRoute {
  // No pattern begins with a parameter.
  const resources = Map.groupBy(groupByPath(routes), ({ pattern }) => pattern[0]);
  return (method, path) => {
    const segments = segmentsOf(path);
    const resource = resources.get(segments[0])?.find(({ pattern }) => matches(pattern, segments));
    if (!resource) throw nothingHere();
    const route = resource.methods.get(method);
    if (!route) throw methodNotAllowed([...resource.methods.keys()]);
    return { route, path: rebuild(resource.pattern, segments) };
  };
}

function groupByPath(routes: readonly Route[]): Resource[] {
  const resources = new Map<string, Resource>();
  for (const route of routes) {
    const resource = resources.get(route.path) ?? {
      pattern: segmentsOf(route.path),
      methods: new Map<string, Route>(),
    };
    resource.methods.set(route.method, route);
    if (route.method === 'GET') resource.methods.set('HEAD', route);
    resources.set(route.path, resource);
  }
  // The first match is taken, so `/users/me` has to come before `/users/:id`.
  return [...resources.values()].toSorted((one, other) => countParameters(one) - countParameters(other));
}

const isParameter = (segment: string | undefined): boolean => segment?.startsWith(':') ?? false;

const countParameters = ({ pattern }: Resource): number => pattern.filter(isParameter).length;

const segmentsOf = (path: string): string[] => path.replace(/\/$/, '').split('/').slice(1);

const matches = (pattern: readonly string[], segments: readonly string[]): boolean =>
  pattern.length === segments.length &&
  pattern.every((expected, index) => isParameter(expected) || expected === segments[index]);

const rebuild = (pattern: readonly string[], segments: readonly string[]): string =>
  `/${pattern.map((expected, index) => (isParameter(expected) ? segments[index] : expected)).join('/')}`;
