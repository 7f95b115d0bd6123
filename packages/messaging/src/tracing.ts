import {
  context,
  propagation,
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  type Span,
} from '@opentelemetry/api';
import type { Envelope } from '@agora/contracts';

/** Does nothing until the process sets tracing up. */
const tracer = trace.getTracer('agora');

/** Where the trace of what goes on now stands, as W3C Trace Context; undefined when nothing is traced. */
export const currentTraceparent = (): string | undefined => traceparentOf(context.active());

/** Publishes an event as a span in the trace that its envelope names; `publish` is given the traceparent to send along. */
export async function tracePublishing<Result>(
  envelope: Envelope,
  publish: (traceparent: string | undefined) => Promise<Result>,
): Promise<Result> {
  const span = startSpan('publish', SpanKind.PRODUCER, envelope, envelope.traceparent);
  try {
    return await publish(traceparentOf(trace.setSpan(ROOT_CONTEXT, span)) ?? envelope.traceparent);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** An event as it came, with the traceparent that was sent along. */
export interface TracedEvent {
  envelope: Envelope;
  traceparent: string | undefined;
}

/** Applies a batch of events as one span for each, in the trace of each. The batch's own work is part of a trace only if it holds one event: of several, none is the cause. */
export async function traceApplying<Result>(
  events: readonly TracedEvent[],
  apply: () => Promise<Result>,
): Promise<Result> {
  const spans = events.map(({ envelope, traceparent }) =>
    startSpan('process', SpanKind.CONSUMER, envelope, traceparent, events.length),
  );
  const [only, ...more] = spans;
  const cause = only && more.length === 0 ? trace.setSpan(ROOT_CONTEXT, only) : ROOT_CONTEXT;
  try {
    return await context.with(cause, apply);
  } catch (error) {
    for (const span of spans) span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    for (const span of spans) span.end();
  }
}

function startSpan(
  operation: 'publish' | 'process',
  kind: SpanKind,
  { id, type }: Envelope,
  traceparent: string | undefined,
  batch?: number,
): Span {
  const attributes = {
    'messaging.system': 'nats',
    'messaging.operation.name': operation,
    'messaging.destination.name': type,
    'messaging.message.id': id,
    ...(batch && { 'messaging.batch.message_count': batch }),
  };
  return tracer.startSpan(`${operation} ${type}`, { kind, attributes }, contextOf(traceparent));
}

const contextOf = (traceparent: string | undefined) => propagation.extract(ROOT_CONTEXT, { traceparent });

function traceparentOf(traced: ReturnType<typeof contextOf>): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(traced, carrier);
  return carrier.traceparent;
}
