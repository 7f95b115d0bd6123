import { unavailable } from '@agora/http';
import { busiest } from '@agora/http/serve';
import { Gauge } from '@agora/process';
import { EventStream } from './event-stream.js';
import { greeting, heartbeat } from './render-event.js';

/** The user a stream belongs to, and whether it may stay open. */
export interface Listener {
  /** A user, or an address that nobody is logged in from. */
  client: string;
  isGood(): Promise<boolean>;
}

/** The open streams of this process. */
export interface Audience {
  /** Opens a stream, which lasts until `isGood` returns false; beyond the bound the oldest stream of the user with the most ends. Nothing is sent to it yet. */
  open(listener: Listener): EventStream;
  /** Sends a stream what it missed, if anything, and then whatever all others get. */
  include(stream: EventStream, missed: Buffer | undefined): void;
  sendAll(events: Buffer): void;
  /** Ends every stream and accepts no new ones. */
  end(): void;
}

/** Well below what proxies in front allow an answer to pause: the contract says 15 s. */
const heartbeatMilliseconds = 10_000;
/** A revoked token must end its stream within 2 s, including the time until the revocation arrives. */
const tokenMilliseconds = 1_000;

const openStreams = new Gauge({ name: 'live_streams', help: 'Streams of GET /feed/stream that are open' });

/** Holds streams and keeps them alive. The gateway limits the streams of each user; `maxStreams` limits the memory. */
export function gatherAudience(maxStreams: number): Audience {
  /** The oldest first. */
  const admitted = new Map<EventStream, Listener>();
  const included = new Set<EventStream>();
  let isEnding = false;
  const every = (milliseconds: number, work: () => void) => setInterval(work, milliseconds).unref();
  const timers = [
    every(heartbeatMilliseconds, () => {
      for (const stream of included) stream.sendHeartbeat(heartbeat);
    }),
    every(tokenMilliseconds, () => {
      for (const [stream, { isGood }] of admitted) void endUnless(stream, isGood);
    }),
  ];
  const endOldest = () => {
    const [oldest] = busiest(admitted, ([, { client }]) => client);
    oldest?.[0].end();
    if (oldest) admitted.delete(oldest[0]);
  };
  return {
    open(listener) {
      if (isEnding) throw unavailable('The service is shutting down.', 1, 'draining');
      if (admitted.size >= maxStreams) endOldest();
      const stream = new EventStream();
      admitted.set(stream, listener);
      openStreams.set(admitted.size);
      return stream.once('close', () => {
        admitted.delete(stream);
        included.delete(stream);
        openStreams.set(admitted.size);
      });
    },
    include(stream, missed) {
      if (stream.destroyed) return;
      included.add(stream);
      stream.send(greeting);
      if (missed) stream.send(missed);
    },
    sendAll(events) {
      for (const stream of included) stream.send(events);
    },
    end() {
      isEnding = true;
      for (const timer of timers) clearInterval(timer);
      for (const stream of admitted.keys()) stream.end();
    },
  };
}

async function endUnless(stream: EventStream, isGood: () => Promise<boolean>): Promise<void> {
  // Users who cannot be looked up now are looked up again soon.
  if (!(await isGood().catch(() => true))) stream.end();
}
