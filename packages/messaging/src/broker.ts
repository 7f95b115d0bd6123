import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import Joi from 'joi';
import type { Logger } from './logger.js';
import { measureConnection } from './metrics.js';

/** The settings of a process that speaks with NATS, by their environment names. */
export const brokerSettings = {
  NATS_URL: Joi.string().required(),
  NATS_USER: Joi.string(),
  NATS_PASSWORD: Joi.string(),
  NATS_SSL_CA: Joi.string().pattern(/-----BEGIN CERTIFICATE-----/),
  STREAM_REPLICAS: Joi.number().integer().min(1).max(5).default(1),
  STREAM_MAX_BYTES: Joi.number().integer().min(1_048_576).default(1_073_741_824),
  STREAM_MAX_AGE_DAYS: Joi.number().integer().min(1).max(30).default(7),
};

export interface BrokerSettings {
  NATS_URL: string;
  NATS_USER?: string;
  NATS_PASSWORD?: string;
  /** The authorities (PEM) that vouch for the servers, which then speak TLS from the first byte; without it there is no TLS. */
  NATS_SSL_CA?: string;
  STREAM_REPLICAS: number;
  STREAM_MAX_BYTES: number;
  STREAM_MAX_AGE_DAYS: number;
}

/** The connection to NATS, made in the background: whoever needs it awaits it, and nothing else waits for NATS. */
export interface Broker {
  readonly settings: BrokerSettings;
  /** Rejects only once the broker is stopped. */
  jetStream(): Promise<{ client: JetStreamClient; manager: JetStreamManager }>;
  /** For what needs no stream; rejects only once the broker is stopped. */
  connection(): Promise<NatsConnection>;
  /** Calls `listener` whenever the connection broke and is there again, until what it returns is called. */
  onReconnect(listener: () => void): () => void;
  /** Sends what is buffered, acknowledgements above all, and closes. */
  stop(): Promise<void>;
}

/** Connects to NATS and stays connected, however long it is away. */
export function connectBroker(name: string, settings: BrokerSettings, logger: Logger): Broker {
  let connection: NatsConnection | undefined;
  const stopped = new AbortController();
  const listeners = new Set<() => void>();

  const open = async () => {
    connection = await connectUntilStopped(name, settings, logger, stopped.signal);
    logger.info('connected to NATS');
    measureConnection(true);
    const ready = {
      connection,
      client: jetstream(connection),
      manager: await jetstreamManager(connection, { checkAPI: false }),
    };
    void watchStatus(connection, logger, listeners);
    return ready;
  };
  const opening = open();
  opening.catch(() => undefined);

  return {
    settings,
    jetStream: () => opening,
    connection: async () => (await opening).connection,
    onReconnect(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    async stop() {
      stopped.abort();
      if (!connection) return;
      // With the server away a drain would wait for it; what is lost then comes again by itself.
      await within(1_000, connection.drain());
      await within(500, connection.close());
    },
  };
}

async function connectUntilStopped(
  name: string,
  settings: BrokerSettings,
  logger: Logger,
  stopped: AbortSignal,
): Promise<NatsConnection> {
  for (let attempt = 0; !stopped.aborted; attempt += 1) {
    try {
      return await connect({
        servers: settings.NATS_URL.split(','),
        name,
        ...(settings.NATS_USER && { user: settings.NATS_USER, inboxPrefix: `_INBOX_${settings.NATS_USER}` }),
        ...(settings.NATS_PASSWORD && { pass: settings.NATS_PASSWORD }),
        ...(settings.NATS_SSL_CA && { tls: { ca: settings.NATS_SSL_CA, handshakeFirst: true } }),
        timeout: 2_000,
        maxReconnectAttempts: -1,
        reconnectTimeWait: 500,
        // The default notices a server that hangs only after four minutes.
        pingInterval: 10_000,
        maxPingOut: 2,
        // Else every message that is published would take two stack traces along, for errors that hardly ever come.
        noAsyncTraces: true,
      });
    } catch (error) {
      if (attempt === 0) logger.warn({ error }, 'NATS cannot be reached; trying on');
      await delay(500, stopped);
    }
  }
  throw new Error('stopped before NATS could be reached');
}

async function watchStatus(
  connection: NatsConnection,
  logger: Logger,
  listeners: Set<() => void>,
): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type === 'disconnect' || type === 'reconnect') logger.warn({ nats: type }, 'NATS connection changed');
    if (type === 'disconnect' || type === 'reconnect') measureConnection(type === 'reconnect');
    if (type === 'reconnect') for (const listener of listeners) listener();
  }
}

/** What `work` resolves to; undefined when it fails, and when it takes longer than `milliseconds`. */
export async function within<Result>(
  milliseconds: number,
  work: Promise<Result>,
): Promise<Result | undefined> {
  const over = new AbortController();
  const late = delay(milliseconds, over.signal).then(() => undefined);
  const result = await Promise.race([work.catch(() => undefined), late]);
  // A timer left behind would keep a short-lived process waiting for it.
  over.abort();
  return result;
}

/** Resolves after `milliseconds`, or as soon as `signal` aborts. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted) return resolve();
    const timer = setTimeout(done, milliseconds);
    function done() {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    }
    signal?.addEventListener('abort', done);
  });
}
