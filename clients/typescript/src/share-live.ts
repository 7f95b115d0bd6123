import { followLive, type Identified, type LiveOptions } from './live.js';
import type { Send } from './send.js';

/** A follower that has this many unread events misses further ones, and gets a `reset`. */
const mostWaiting = 1_000;

/** What one follower of the connection has yet to read. */
interface Inbox {
  receive(event: Identified): void;
  fail(error: unknown): void;
  read(): AsyncGenerator<Identified, void, undefined>;
}

/** Live feeds that share one connection, open while there is at least one of them; one with a `lastEventId` has a connection of its own. */
export function shareLive(send: Send, url: URL) {
  let connection: { inboxes: Set<Inbox>; ending: AbortController } | undefined;

  const open = () => {
    const opened = { inboxes: new Set<Inbox>(), ending: new AbortController() };
    const forget = () => {
      if (connection === opened) connection = undefined;
    };
    const pump = async () => {
      for await (const event of followLive(send, url, { signal: opened.ending.signal }))
        for (const inbox of opened.inboxes) inbox.receive(event);
    };
    opened.ending.signal.addEventListener('abort', forget);
    pump().catch((error: unknown) => {
      forget();
      for (const inbox of opened.inboxes) inbox.fail(error);
    });
    return opened;
  };

  return async function* follow({
    signal = new AbortController().signal,
    lastEventId = '',
  }: LiveOptions): AsyncGenerator<Identified, void, undefined> {
    if (signal.aborted) return;
    if (lastEventId !== '') {
      yield* followLive(send, url, { signal, lastEventId });
      return;
    }
    const { inboxes, ending } = (connection ??= open());
    const inbox = createInbox(signal);
    inboxes.add(inbox);
    try {
      yield* inbox.read();
    } finally {
      inboxes.delete(inbox);
      if (inboxes.size === 0) ending.abort();
    }
  };
}

function createInbox(signal: AbortSignal): Inbox {
  const events: Identified[] = [];
  let failure: { error: unknown } | undefined;
  let wake: () => void = () => undefined;
  return {
    receive(event) {
      if (events.length < mostWaiting) events.push(event);
      else events.splice(0, events.length, { event: 'reset', data: {}, id: event.id });
      wake();
    },
    fail(error) {
      failure = { error };
      wake();
    },
    async *read() {
      const stop = () => wake();
      signal.addEventListener('abort', stop);
      try {
        while (!signal.aborted) {
          const event = events.shift();
          if (event) yield event;
          else if (failure) throw failure.error;
          else await new Promise<void>((resolve) => (wake = resolve));
        }
      } finally {
        signal.removeEventListener('abort', stop);
      }
    },
  };
}
