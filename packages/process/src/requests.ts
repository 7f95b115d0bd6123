/** The context of a request in a process: log lines, metrics and spans. */
export { audit } from './audit.js';
export { logAnswers } from './logger.js';
export { observeRequest } from './metrics.js';
export { correlation, currentRequest, withRequestContext, type RequestContext } from './request-context.js';
export { startRequestSpan, traceCall, tracingApi, type RequestSpan } from './tracing.js';
