import { delay, within } from '@agora/process';
import { jetstream, jetstreamManager, type JetStreamClient, type JetStreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import Joi from 'joi';
import { jetStreamAnswers, leaveSilentNode } from './leave-silent-node.js';
import type { Logger } from '../logger.js';
import { measureConnection } from '../metrics.js';
import { maxPartitions } from '../partitions.js';
import { inboxDays, maxStreamDays, outboxDays } from '../retention.js';

/** The settings of a process that speaks with NATS, by their environment names. */
export const brokerSettings = {
  NATS_URL: Joi.string().required(),
  NATS_USER: Joi.string(),
  NATS_PASSWORD: Joi.string(),
  NATS_SSL_CA: Joi.string().pattern(/-----BEGIN CERTIFICATE-----/),
  STREAM_REPLICAS: Joi.number().integer().min(1).max(5).default(1),
  STREAM_MAX_BYTES: Joi.number().integer().min(1_048_576).default(1_073_741_824),
  STREAM_MAX_AGE_DAYS: Joi.number()
    .integer()
    .min(1)
    .max(maxStreamDays)
    .default(7)
    .messages({
      'number.max': `{{#label}} must be at most {{#limit}}: inboxes remember for ${inboxDays} days what they have applied, and must outlast the stream and the ${outboxDays} days for which events can be published again`,
    }),
  LEASE_SECONDS: Joi.number().min(1).max(60).default(2),
  EVENT_PARTITIONS: Joi.number().integer().min(1).max(maxPartitions).default(1),
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
  /** How long a lease lasts that is not renewed, and so how long nothing is published after a relay froze. */
  LEASE_SECONDS: number;
  /** Over how many streams each publisher's events are split. */
  EVENT_PARTITIONS: number;
}

/** The connection to NATS, opened in the background: only callers that need it wait for NATS. */
export interface Broker {
  readonly settings: BrokerSettings;
  /** What speaks with JetStream now; a later call may give another. Rejects only once the broker is stopped. */
  jetStream(): Promise<JetStream>;
  /** For what needs no stream; rejects only once the broker is stopped. */
  connection(): Promise<NatsConnection>;
  /** Calls `listener` whenever a connection broke and there is one again, until what it returns is called. */
  onReconnect(listener: () => void): () => void;
  /** Whether NATS can be reached now. */
  isConnected(): boolean;
  /** Tells whether what was published was answered: a node that is cut off answers questions for a while by what it led. */
  heardOf(isPublishingAnswered: boolean): void;
  /** Whether JetStream answers; it does not while a cluster has no leader. */
  answers(): Promise<boolean>;
  /** Sends what is buffered, acknowledgements above all, and closes. */
  stop(): Promise<void>;
}

export interface JetStream {
  client: JetStreamClient;
  manager: JetStreamManager;
}

interface Living extends JetStream {
  connection: NatsConnection;
}

/** Connects to NATS and stays connected, however long it is away. A connection that the client closes permanently is replaced. */
export function connectBroker(name: string, settings: BrokerSettings, logger: Logger): Broker {
  const stopped = new AbortController();
  const listeners = new Set<() => void>();
  let isConnected = false;
  let isPublishingAnswered = true;
  let living: Living | undefined;
  let arrival = Promise.withResolvers<Living>();
  arrival.promise.catch(() => undefined);

  const changed = (stands: boolean, isAgain: boolean) => {
    isConnected = stands;
    measureConnection(stands);
    if (isAgain) for (const listener of listeners) listener();
  };
  const keepConnected = async () => {
    for (let isAgain = false; ; isAgain = true) {
      const connection = await connectUntilStopped(name, settings, logger, stopped.signal);
      const manager = await jetstreamManager(connection, { checkAPI: false, timeout: requestMilliseconds });
      living = { connection, client: jetstream(connection, { timeout: requestMilliseconds }), manager };
      logger.info('connected to NATS');
      void watchStatus(connection, logger, changed);
      const answers = async () => isPublishingAnswered && jetStreamAnswers(manager);
      void leaveSilentNode(connection, settings.NATS_URL.split(','), answers, logger);
      arrival.resolve(living);
      changed(true, isAgain);
      const error = await connection.closed();
      changed(false, false);
      if (stopped.signal.aborted) return;
      logger.warn({ error }, 'the connection to NATS was closed for good; opening a new one');
      arrival = Promise.withResolvers<Living>();
      arrival.promise.catch(() => undefined);
    }
  };
  keepConnected().catch((error: unknown) => arrival.reject(error));

  return {
    settings,
    jetStream: () => arrival.promise,
    connection: async () => (await arrival.promise).connection,
    onReconnect(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    isConnected: () => isConnected,
    heardOf: (isAnswered) => void (isPublishingAnswered = isAnswered),
    answers: async () => isConnected && living !== undefined && jetStreamAnswers(living.manager),
    async stop() {
      stopped.abort();
      if (!living) return;
      // With the server away a drain would wait for it; what is lost then comes again by itself.
      await within(1_000, living.connection.drain());
      await within(500, living.connection.close());
    },
  };
}

/** How long a request to JetStream may take. */
const requestMilliseconds = 2_000;

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
        // By default two refused logins in a row end the client for good: a busy server refuses, and so does one whose passwords are being changed.
        ignoreAuthErrorAbort: true,
        // A server that hangs is left after 3 s; the default is four minutes.
        pingInterval: 1_000,
        maxPingOut: 2,
        // Else every message that is published would take two stack traces along, for errors that hardly ever come.
        noAsyncTraces: true,
      });
    } catch (error) {
      if (attempt === 0) logger.warn({ error }, 'cannot connect to NATS, retrying');
      await delay(500, stopped);
    }
  }
  throw new Error('stopped before NATS could be reached');
}

async function watchStatus(
  connection: NatsConnection,
  logger: Logger,
  changed: (stands: boolean, isAgain: boolean) => void,
): Promise<void> {
  for await (const { type } of connection.status()) {
    if (type !== 'disconnect' && type !== 'reconnect') continue;
    logger.warn({ nats: type }, 'NATS connection changed');
    changed(type === 'reconnect', type === 'reconnect');
  }
}
