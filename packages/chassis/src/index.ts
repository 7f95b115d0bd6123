export { addressBucket, addressNetworks, type Network } from './address-bucket.js';
export { readingOwnWrites, readOwnWrites, type WithOwnWrites } from './read-own-writes.js';
export { give, jsonAnswer, type Answer } from './answer.js';
export { countAskers } from './askers.js';
export { busiest } from './busiest.js';
export { createApplication } from './application.js';
export { audit } from './audit.js';
export { authenticateService } from './authenticate-service.js';
export { askService, type InternalAddress } from './ask-service.js';
export { clientLeft, hasListener, requireListener } from './client-left.js';
export { cursorParameter, linkToNext, nextLink, readCursor, writeCursor } from './cursor.js';
export { saidAs, type AnswerDescription, type Description } from './describe.js';
export { askForBody } from './expect-continue.js';
export { openServer, type HttpServer } from './http-server.js';
export { openInternalServer } from './internal-server.js';
export { createLogger, type Logger } from './logger.js';
export { Counter, Gauge, Histogram, measure } from './metrics.js';
export {
  conflict,
  forbidden,
  internalError,
  invalid,
  malformed,
  notFound,
  Problem,
  tooMany,
  unauthorized,
  unavailable,
  type FieldError,
} from './problem.js';
export {
  bodyLimit,
  bodyLimits,
  checkBodyHeaders,
  malformedBody,
  mediaTypes,
  tooLarge,
  unsupported,
  type BodyKind,
} from './body-headers.js';
export { idListParameter, idParameter, integerParameter, readQuery } from './read-query.js';
export { correlation, currentRequest } from './request-context.js';
export {
  del,
  get,
  methodNotAllowed,
  nothingHere,
  patch,
  post,
  put,
  routeRequests,
  type Access,
  type Handler,
  type Route,
} from './routes.js';
export { delay, every, loop, stalledLoops, untilAborted, type LoopOptions, type Turn } from './loops.js';
export { runProcess, type Lifecycle, type Stoppable } from './run-process.js';
export { shedLoad } from './shed-load.js';
export { securityHeaders } from './security-headers.js';
export {
  processSettings,
  rate,
  readSettings,
  SettingsError,
  strongSecret,
  type ProcessSettings,
  type Rate,
} from './settings.js';
export { traceCall } from './tracing.js';
export { entityId, isStorable, parseId, text, validate } from './validate.js';
