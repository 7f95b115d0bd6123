import { loop, type Turn } from '@agora/process';
import type { NatsConnection, Subscription } from '@nats-io/transport-node';
import type { Broker } from '../nats/broker.js';

/** Messages between processes that are not stored: those sent while NATS is away are lost. */
export interface Broadcast {
  /** Sends a value as JSON to all that listen, this process too. */
  send(message: unknown): void;
  stop(): Promise<void>;
}

/** Sends and listens on a subject of core NATS, from when it is first reached; `receive` is given whatever JSON came. */
export function openBroadcast(
  broker: Broker,
  subject: string,
  receive: (message: unknown) => void,
): Broadcast {
  let connected: NatsConnection | undefined;
  let subscription: Subscription | undefined;
  const listen = async ({ signal }: Turn) => {
    const connection = await broker.connection();
    if (signal.aborted) return;
    subscription = connection.subscribe(subject, {
      callback: (error, message) => {
        if (error) return;
        const value = parse(message.string());
        if (value !== undefined) receive(value);
      },
    });
    connected = connection;
    for await (const { type } of connection.status()) {
      // The client would keep what it cannot send, without bound, and send it all when it is too late.
      if (type === 'disconnect' || type === 'close') connected = undefined;
      if (type === 'reconnect') connected = connection;
    }
    // What comes here was closed for good, and the broker opens another.
  };
  const listening = loop(`broadcast ${subject}`, listen, {
    isVital: false,
    logger: silent,
    maxBackoffMilliseconds: 500,
  });
  return {
    send: (message) => connected?.publish(subject, JSON.stringify(message)),
    async stop() {
      connected = undefined;
      subscription?.unsubscribe();
      // It ends with the broker, which is stopped later.
      void listening.stop();
    },
  };
}

/** The broker says it all. */
const silent = { warn: () => undefined };

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
