import type { BodyKind } from '@agora/http/body';
import type { Access } from '@agora/http/serve';

/** The services behind the gateway. */
export const services = ['auth', 'posts', 'votes'] as const;
export type Service = (typeof services)[number];

/** One line of the public table of contents. */
export interface Route {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  /** A segment that starts with `:` matches any one segment; an exact match wins. */
  path: string;
  /** The service that answers, at the same path, or the gateway itself. */
  service: Service | 'gateway';
  access: Access;
  /** The kinds of body that the endpoint reads; with none, the body is not passed on. */
  reads: readonly BodyKind[];
  /** Whether its answer is a stream without end. */
  streams?: true;
  deprecated?: Deprecated;
}

/** When a route is deprecated and removed, and what replaces it: docs/contract-changes.md. */
export interface Deprecated {
  /** The day of the deprecation, such as `2026-12-01`. */
  since: string;
  /** The day of the removal, if that is decided. */
  until?: string;
  /** The address of a page that says what to use instead. */
  instead?: string;
}

const route = (
  method: Route['method'],
  path: string,
  service: Route['service'],
  access: Access,
  ...reads: BodyKind[]
): Route => ({ method, path, service, access, reads });

/** Everything that can be reached from outside. `GET` includes `HEAD`; every path works with and without a trailing slash. */
export const routes: readonly Route[] = [
  route('POST', '/users', 'auth', 'anyone', 'json'),
  route('GET', '/users/me', 'auth', 'user'),
  route('PATCH', '/users/me', 'auth', 'user', 'json'),
  route('DELETE', '/users/me', 'auth', 'user'),
  route('PUT', '/users/me/password', 'auth', 'user', 'json'),
  route('PUT', '/users/me/email', 'auth', 'user', 'json'),
  route('POST', '/users/me/email/confirmation', 'auth', 'user'),
  route('POST', '/email-confirmations', 'auth', 'anyone', 'json'),
  route('POST', '/password-resets', 'auth', 'anyone', 'json'),
  route('PUT', '/password-resets', 'auth', 'anyone', 'json'),
  route('POST', '/users/me/totp', 'auth', 'user', 'json'),
  route('PUT', '/users/me/totp', 'auth', 'user', 'json'),
  route('POST', '/users/me/totp/removal', 'auth', 'user', 'json'),
  route('GET', '/users/:id', 'auth', 'reader'),
  route('POST', '/login', 'auth', 'anyone', 'form', 'multipart'),
  route('POST', '/refresh', 'auth', 'anyone', 'json', 'form'),
  route('POST', '/logout', 'auth', 'user'),
  route('GET', '/sessions', 'auth', 'user'),
  route('DELETE', '/sessions', 'auth', 'user'),
  route('DELETE', '/sessions/:id', 'auth', 'user'),
  route('GET', '/.well-known/jwks.json', 'auth', 'anyone'),
  route('GET', '/.well-known/oauth-authorization-server', 'auth', 'anyone'),

  route('POST', '/posts', 'posts', 'user', 'json'),
  route('GET', '/posts', 'posts', 'user'),
  route('GET', '/posts/:id', 'posts', 'reader'),
  route('PUT', '/posts/:id', 'posts', 'user', 'json'),
  route('PATCH', '/posts/:id', 'posts', 'user', 'json'),
  route('DELETE', '/posts/:id', 'posts', 'user'),
  route('GET', '/feed', 'posts', 'reader'),
  { ...route('GET', '/feed/stream', 'posts', 'reader'), streams: true },
  route('POST', '/feed/stream/tickets', 'posts', 'user'),

  route('GET', '/users/me/export', 'auth', 'user'),
  route('GET', '/users', 'auth', 'user'),
  route('PUT', '/users/:id/ban', 'auth', 'user', 'json'),
  route('DELETE', '/users/:id/ban', 'auth', 'user'),
  route('PUT', '/users/:id/role', 'auth', 'user', 'json'),
  route('DELETE', '/users/:id', 'auth', 'user'),

  route('POST', '/posts/:id/reports', 'posts', 'user', 'json'),
  route('PUT', '/posts/:id/removal', 'posts', 'user', 'json'),
  route('DELETE', '/posts/:id/removal', 'posts', 'user'),
  route('GET', '/moderation/reports', 'posts', 'user'),
  route('DELETE', '/moderation/reports/:id', 'posts', 'user'),
  route('GET', '/moderation/log', 'posts', 'user'),

  route('POST', '/vote', 'votes', 'user', 'json'),
  route('GET', '/vote', 'votes', 'user'),

  route('GET', '/', 'gateway', 'anyone'),
  route('GET', '/health', 'gateway', 'anyone'),
  route('GET', '/docs', 'gateway', 'anyone'),
  route('GET', '/docs/swagger-ui.css', 'gateway', 'anyone'),
  route('GET', '/docs/swagger-ui-bundle.js', 'gateway', 'anyone'),
  route('GET', '/docs/start.js', 'gateway', 'anyone'),
  route('GET', '/docs/events/:type', 'gateway', 'anyone'),
  route('GET', '/openapi.json', 'gateway', 'anyone'),
  route('GET', '/asyncapi.json', 'gateway', 'anyone'),
];
