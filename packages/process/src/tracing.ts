import {
  context,
  INVALID_SPAN_CONTEXT,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
} from '@opentelemetry/api';

/** Does nothing until `exportTraces` has been called. */
const tracer = trace.getTracer('agora');

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

let isOn = false;

/** Has requests traced from now on. */
export const traceRequests = (): void => void (isOn = true);

const untraced: RequestSpan = { run: (work) => work(), end: () => undefined };

/** Starts the span of a request in its caller's trace. Without one it starts a trace only where it `mayBegin`: probes are not worth tracing. */
export function startRequestSpan(ctx: IncomingRequest, mayBegin: boolean): RequestSpan {
  if (!isOn) return untraced;
  // Nothing but this header: what else a client may say of its trace would travel on through every service.
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent: ctx.get('traceparent') });
  const span =
    mayBegin || trace.getSpan(parent)
      ? tracer.startSpan(ctx.method, { kind: SpanKind.SERVER }, parent)
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

/** Runs `call`, which asks another process, as a span; it is given the headers that carry the trace there: none when nothing is traced. */
export async function traceCall<Result>(
  name: string,
  call: (headers: Record<string, string>) => Promise<Result>,
): Promise<Result> {
  if (!isOn) return call({});
  const span = tracer.startSpan(name, { kind: SpanKind.CLIENT });
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
export const currentTraceId = (): string | undefined => validTraceId(trace.getActiveSpan());

function validTraceId(span: Span | undefined): string | undefined {
  const spanContext = span?.spanContext();
  return spanContext && trace.isSpanContextValid(spanContext) ? spanContext.traceId : undefined;
}
