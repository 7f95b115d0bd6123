import type { StreamInfo } from '@nats-io/jetstream';
import type { Envelope } from '@agora/contracts';
import { Counter, Gauge, Histogram } from 'prom-client';

const lag = new Histogram({
  name: 'event_lag_seconds',
  help: 'Seconds from an event to its being applied here',
  labelNames: ['event'],
  buckets: [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15, 60, 300],
});

const redelivered = new Counter({
  name: 'events_redelivered_total',
  help: 'Messages that had been delivered before, as NATS knows: after a restart of its own it may not',
  labelNames: ['event'],
});

const missed = new Counter({
  name: 'consumer_missed_messages_total',
  help: 'Messages that NATS did not deliver to this service: mostly gone from the stream before it had read them',
  labelNames: ['stream'],
});

const streamBytes = new Gauge({
  name: 'stream_bytes',
  help: 'Bytes that the stream holds, measured by the active relay of its publisher',
  labelNames: ['stream'],
});

const streamMaxBytes = new Gauge({
  name: 'stream_max_bytes',
  help: 'Bytes at which the stream refuses events, which then wait in the outbox',
  labelNames: ['stream'],
});

const connected = new Gauge({
  name: 'nats_connected',
  help: '1 while the connection to NATS stands, else 0',
});

/** Notes that an event has been applied, and how late. */
export const observeApplied = ({ type, time }: Envelope): void =>
  lag.observe({ event: type }, Math.max(0, (Date.now() - Date.parse(time)) / 1_000));

/** Counts a redelivered message; `subject` must be one that is subscribed to. */
export const countRedelivery = (subject: string): void => redelivered.inc({ event: subject });

/** Notes that messages were lost to this service. */
export const countMissed = (stream: string, count: number): void => missed.inc({ stream }, count);

/** Notes how full a stream is. */
export function measureStream({ config, state }: StreamInfo): void {
  streamBytes.set({ stream: config.name }, state.bytes);
  streamMaxBytes.set({ stream: config.name }, config.max_bytes);
}

/** Stops reporting a stream. */
export function forgetStream(stream: string): void {
  streamBytes.remove({ stream });
  streamMaxBytes.remove({ stream });
}

/** Notes whether the connection to NATS stands. */
export const measureConnection = (stands: boolean): void => connected.set(stands ? 1 : 0);
