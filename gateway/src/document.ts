import { twoTokens, unauthorized, unavailable, type Problem } from '@agora/http';
import { malformed, tooLarge, unsupported } from '@agora/http/body';
import { internalError, nothingHere, overloaded } from '@agora/http/serve';
import { revocationsUnknown } from '@agora/identity';
import { rateLimited } from './limits/limiter.js';
import { policiesOfAddress } from './limits/policies.js';
import { pages } from './pages/pages.js';
import type { Route } from './routes.js';
import { badGateway, gatewayTimeout, serviceUnavailable } from './proxy/upstream-failure.js';

export { routes } from './routes.js';

/** What is here to be described. Nothing behind it is there, and no handler is ever called. */
export const endpoints = pages({
  version: '',
  isDraining: () => false,
  showDocument: () => undefined,
});

/** The codes of problems before routing: unknown methods and invalid HTTP. */
export const otherCodes = [
  'method_not_allowed',
  'request_timeout',
  'expectation_failed',
  'headers_too_large',
] as const;

/** The gateway's own refusals of a route: follows the order of `answer` in `gateway.ts`. */
export function refusalsOf(route: Route): Problem[] {
  const isForUsers = route.access === 'user' || route.access === 'reader';
  return [
    twoTokens(),
    malformed('The request could not be read.'),
    // A segment that cannot be an id makes the path unknown.
    ...(route.path.includes(':') ? [nothingHere()] : []),
    ...(isForUsers ? [unauthorized(), unauthorized('invalid_token')] : []),
    ...(isForUsers || policiesOfAddress(route).length > 0 ? [rateLimited(60)] : []),
    ...(route.reads.length > 0
      ? [unsupported('This endpoint does not support this content type.'), tooLarge()]
      : []),
    ...(isForUsers ? [revocationsUnknown()] : []),
    ...(route.service === 'gateway' ? [] : refusalsOfServices),
    internalError(),
  ];
}

const refusalsOfServices = [
  badGateway(),
  gatewayTimeout(),
  serviceUnavailable(),
  overloaded(),
  unavailable('A service that this request needs is not responding. Try again shortly.'),
];
