/** Opening a port and answering on it: applications, servers, load shedding, and the client's identity. */
export { give, jsonAnswer, type Answer } from './endpoint/answer.js';
export { internalError } from './endpoint/problem.js';
export { methodNotAllowed, nothingHere, routeRequests, type Access } from './endpoint/routes.js';
export { addressBucket, addressNetworks, type Network } from './serve/address-bucket.js';
export { createApplication } from './serve/application.js';
export { busiest, countCallers } from './serve/callers.js';
export { authenticateService } from './serve/authenticate-service.js';
export { clientLeft, hasListener, requireListener } from './serve/client-left.js';
export { openServer, type HttpServer } from './serve/http-server.js';
export { openInternalServer } from './serve/internal-server.js';
export { securityHeaders } from './serve/security-headers.js';
export { overloaded, shedLoad } from './serve/shed-load.js';
