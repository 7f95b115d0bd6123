import { pino, stdSerializers, type Logger } from 'pino';
import { currentRequest } from './request-context.js';
import { currentTraceId } from './tracing.js';

export type { Logger } from 'pino';

const secretFields = [
  'password',
  'current_password',
  'new_password',
  'access_token',
  'refresh_token',
  'token',
  'secret',
  'authorization',
  'cookie',
  'email',
  'username',
];

/** JSON lines on standard output, each with the service's name and the ids of the request and the trace that it belongs to. */
export function createLogger(service: string, level: string): Logger {
  return pino({
    level,
    base: { service },
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    mixin: () => {
      const request = currentRequest();
      const traceId = currentTraceId();
      return {
        ...(request && { request_id: request.requestId }),
        ...(request?.userId && { user_id: request.userId }),
        ...(traceId && { trace_id: traceId }),
      };
    },
    serializers: { error: serializeError },
    redact: { paths: [...secretFields, ...secretFields.map((field) => `*.${field}`)], censor: '[redacted]' },
  });
}

/** Name, message, stack and code of an error and nothing else: libraries hang request bodies and SQL parameters on theirs. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message, stack, ...('code' in error && { code: error.code }) };
}
