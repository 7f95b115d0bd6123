import * as openTelemetry from '@opentelemetry/api';
import { AsyncLocalStorageContextManager } from '@opentelemetry/context-async-hooks';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import {
  BatchSpanProcessor,
  ParentBasedSampler,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import type { Logger } from './logger.js';
import { traceRequests } from './tracing.js';

export interface TracingOptions {
  service: string;
  /** Where an OTLP receiver is, such as `http://collector:4318`. */
  endpoint: string;
  /** Of how many traces that begin here spans are sent, from 0 to 1. */
  ratio: number;
  logger: Logger;
}

const everyMilliseconds = 1_000;
/** The remaining spans are sent if the receiver takes them at once; shutdown does not wait for it. */
const flushMilliseconds = 1_000;

/** Sends the spans of this process to an OTLP receiver (JSON over HTTP), from now on. Loaded only where tracing is on. */
export function exportTraces({ service, endpoint, ratio, logger }: TracingOptions): {
  stop(): Promise<void>;
} {
  const { context, diag, DiagLogLevel, propagation, trace } = openTelemetry;
  diag.setLogger(diagnostics(logger), DiagLogLevel.WARN);
  const exporter = new OTLPTraceExporter({ url: `${endpoint.replace(/\/$/, '')}/v1/traces` });
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': service }),
    // The process that starts a trace decides whether it is sampled, or traces would have gaps.
    sampler: new ParentBasedSampler({ root: new TraceIdRatioBasedSampler(ratio) }),
    spanProcessors: [new BatchSpanProcessor({ exporter, scheduledDelayMillis: everyMilliseconds })],
  });
  context.setGlobalContextManager(new AsyncLocalStorageContextManager().enable());
  propagation.setGlobalPropagator(new W3CTraceContextPropagator());
  trace.setGlobalTracerProvider(provider);
  traceRequests(openTelemetry);
  return {
    async stop() {
      const flushed = provider.shutdown().catch(() => undefined);
      await Promise.race([flushed, new Promise((resolve) => setTimeout(resolve, flushMilliseconds))]);
    },
  };
}

function diagnostics(logger: Logger) {
  const say = (message: string) => logger.warn({ reason: message.slice(0, 300) }, 'exporting traces failed');
  const nothing = () => undefined;
  return { error: say, warn: say, info: nothing, debug: nothing, verbose: nothing };
}
