import { destination, pino, stdSerializers, type Logger, type LoggerOptions } from 'pino';
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

const heldMilliseconds = 100;
const output = destination({ minLength: 8 * 1024 });
setInterval(() => output.flush(), heldMilliseconds).unref();
process.on('exit', () => output.flushSync());

let mayWait = false;
const lines = {
  write(line: string) {
    output.write(line);
    // Not `flushSync`, which waits for the disk.
    if (!mayWait) output.flush();
  },
};

/** What is logged of a request that was answered. */
interface AnsweredRequest {
  method: string;
  path: string | undefined;
  status: number;
  milliseconds: number;
}

/**
 * Returns a function that logs answered requests. Only these lines are buffered, for up to 100 ms: there is one for each
 * request, and each write would be a system call. They are not searched for secrets, because they contain none.
 */
export function logAnswers(logger: Logger): (answered: AnsweredRequest) => void {
  const plain = logger.child({}, { redact: { paths: [] } });
  return (answered) => {
    mayWait = true;
    plain.info(answered, 'request answered');
    mayWait = false;
  };
}

/** JSON lines on standard output, each with the service's name and the ids of the request and the trace that it belongs to. */
export function createLogger(service: string, level: string): Logger {
  const options: LoggerOptions = {
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
  };
  return pino(options, lines);
}

/** Only name, message, stack and code of an error: libraries attach request bodies and SQL parameters to theirs. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return String(error);
  const { type, message, stack } = stdSerializers.err(error);
  return { type, message, stack, ...('code' in error && { code: error.code }) };
}
