import { Problem, unavailable } from '@agora/http';

/** A service did not begin to answer in time. */
export class UpstreamTimeout extends Error {
  readonly code = 'UPSTREAM_TIMEOUT';
}

/** A service answered something that is no answer to the request. */
export class InvalidUpstreamResponse extends Error {
  readonly code = 'UPSTREAM_NONSENSE';
}

/** The service was not reached, so it did nothing. */
const unreached = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'EMFILE',
]);
const late = new Set(['UPSTREAM_TIMEOUT', 'ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT']);

/** 503 when a service was not reached, 504 when it was too slow, 502 when it broke off; with not a word of where it is. */
export function toUpstreamProblem({ code = '' }: NodeJS.ErrnoException): Problem {
  if (unreached.has(code)) return serviceUnavailable();
  if (late.has(code)) return gatewayTimeout();
  return badGateway();
}

/** 502: the service broke off. */
export const badGateway = () =>
  new Problem(502, 'bad_gateway', 'The service closed the connection before it responded.');

/** 504: the service was too slow. */
export const gatewayTimeout = () =>
  new Problem(504, 'gateway_timeout', 'The service took too long to respond.');

/** 503: the service is down, or has more to do than it can. */
export const serviceUnavailable = () =>
  unavailable('The service is temporarily unavailable. Try again shortly.', 1, 'service_unavailable');
