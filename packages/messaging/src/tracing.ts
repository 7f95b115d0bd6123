import type { Context, Span, SpanKind } from '@opentelemetry/api';
import type { Envelope } from '@agora/contracts';
import { tracingApi } from '@agora/process/requests';

type Api = NonNullable<ReturnType<typeof tracingApi>>;

/** The traceparent (W3C Trace Context) of the current span; undefined when nothing is traced. */
export function currentTraceparent(): string | undefined {
  const api = tracingApi();
  return api && traceparentOf(api, api.context.active());
}

/** Publishes an event as a span in the trace that its envelope names; `publish` is given the traceparent to send along. */
export async function tracePublishing<Result>(
  envelope: Envelope,
  publish: (traceparent: string | undefined) => Promise<Result>,
): Promise<Result> {
  const api = tracingApi();
  if (!api) return publish(envelope.traceparent);
  const { ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  const span = startSpan(api, 'publish', SpanKind.PRODUCER, envelope, envelope.traceparent);
  try {
    return await publish(traceparentOf(api, trace.setSpan(ROOT_CONTEXT, span)) ?? envelope.traceparent);
  } catch (error) {
    span.setStatus({ code: SpanStatusCode.ERROR });
    throw error;
  } finally {
    span.end();
  }
}

/** A received event, with the traceparent that was sent along. */
export interface TracedEvent {
  envelope: Envelope;
  traceparent: string | undefined;
}

/** Applies a batch of events with one span for each, in the event's own trace. The work of the batch belongs to a trace only if there is one event: of several, none is the cause. */
export async function traceApplying<Result>(
  events: readonly TracedEvent[],
  apply: () => Promise<Result>,
): Promise<Result> {
  const api = tracingApi();
  if (!api) return apply();
  const { context, ROOT_CONTEXT, SpanKind, SpanStatusCode, trace } = api;
  const spans = events.map(({ envelope, traceparent }) =>
    startSpan(api, 'process', SpanKind.CONSUMER, envelope, traceparent, events.length),
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
  { propagation, ROOT_CONTEXT, trace }: Api,
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
  const parent = propagation.extract(ROOT_CONTEXT, { traceparent });
  return trace.getTracer('agora').startSpan(`${operation} ${type}`, { kind, attributes }, parent);
}

function traceparentOf({ propagation }: Api, traced: Context): string | undefined {
  const carrier: { traceparent?: string } = {};
  propagation.inject(traced, carrier);
  return carrier.traceparent;
}
