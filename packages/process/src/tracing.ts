import type * as OpenTelemetry from '@opentelemetry/api';
import type { Span } from '@opentelemetry/api';

/** Missing where nothing is traced, which is nearly everywhere: it is a hundred modules. */
let api: typeof OpenTelemetry | undefined;

/** Has requests traced from now on. */
export const traceRequests = (openTelemetry: typeof OpenTelemetry): void => void (api = openTelemetry);

/** OpenTelemetry, where this process traces. */
export const tracingApi = (): typeof OpenTelemetry | undefined => api;

/** What is added to the span of a request when its answer has ended. */
interface AnsweredRequest {
  method: string;
  route: string;
  status: number;
}

/** What the span of a request begins with: Koa's context is one. */
interface IncomingRequest {
  method: string;
  get(header: string): string;
}

/** The span of a request that is being answered. */
export interface RequestSpan {
  run<Result>(work: () => Result): Result;
  end(answered: AnsweredRequest): void;
}

const untraced: RequestSpan = { run: (work) => work(), end: () => undefined };

/** Starts the span of a request in its caller's trace. Without one it starts a trace only where it `mayBegin`: probes are not worth tracing. */
export function startRequestSpan(ctx: IncomingRequest, mayBegin: boolean): RequestSpan {
  if (!api) return untraced;
  const { context, INVALID_SPAN_CONTEXT, propagation, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  // Only this header: anything else that a client says about its trace would travel through every service.
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: ctx.get('traceparent') });
  const span =
    mayBegin || trace.getSpan(parent)
      ? trace.getTracer('agora').startSpan(ctx.method, { kind: SpanKind.SERVER }, parent)
      : trace.wrapSpanContext(INVALID_SPAN_CONTEXT);
  return {
    run: (work) => context.with(trace.setSpan(ROOT_CONTEXT, span), work),
    end({ method, route, status }) {
      span.updateName(`${method} ${route}`);
      span.setAttributes({
        'http.request.method': method,
        'http.route': route,
        'http.response.status_code': status,
      });
      if (status >= 500) span.setStatus({ code: SpanStatusCode.ERROR });
      span.end();
    },
  };
}

/** Runs `call`, a request to another process, in a span; it gets the headers that propagate the trace, none when nothing is traced. */
export async function traceCall<Result>(
  name: string,
  call: (headers: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  if (!api) return call({});
  const { context, propagation, SpanKind, SpanStatusCode, trace } = api;
  const span = trace.getTracer('agora').startSpan(name, { kind: SpanKind.CLIENT });
  const inSpan = trace.setSpan(context.active(), span);
  const headers: Record<string, string> = {};
  propagation.inject(inSpan, headers);
  try {
    return await context.with(inSpan, () => call(headers));
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** The trace that a log line belongs to; undefined when nothing is traced. */
export function currentTraceId(): string | undefined {
  const span: Span | undefined = api?.trace.getActiveSpan();
  const spanContext = span?.spanContext();
  return spanContext && api?.trace.isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
}
