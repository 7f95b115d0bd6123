import { createParser, type EventSourceMessage } from 'eventsource-parser';
import { requireSuccess } from './agora-error.js';
import type { Post } from './feed.js';
import { backoff, pause } from './pause.js';
import type { Send } from './send.js';

/** What happens to published posts; `reset` means that some events were missed. */
export type LiveEvent =
  | { event: 'post-published' | 'post-changed'; data: Post }
  | { event: 'post-deleted'; data: { id: number } }
  | { event: 'votes'; data: { id: number; votes: number } }
  | { event: 'reset'; data: object };

export interface LiveOptions {
  /** Ends it. */
  signal?: AbortSignal;
  /** Goes on after the event with this id. */
  lastEventId?: string;
}

/** An event with the id to go on from. */
export type Identified = LiveEvent & { id: string };

/** A stream that is silent for this long is dead: it sends a line at least every 15 s. */
const silenceMilliseconds = 45_000;

/** Follows the live feed until `signal` is aborted; a connection that ends or breaks is opened again where it was. Throws AgoraErrors, unless they pass. */
export async function* followLive(
  send: Send,
  url: URL,
  { signal = new AbortController().signal, lastEventId = '' }: LiveOptions,
): AsyncGenerator<Identified, void, undefined> {
  let last = lastEventId;
  let failures = 0;
  let wasOpen = false;
  while (!signal.aborted) {
    try {
      // Without an id yet, nobody can say what happened since the stream before this one.
      const mayHaveMissed = wasOpen && last === '';
      const opened = () => (wasOpen = true);
      for await (const { id = last, event = '', data } of openStream(
        { send, url, last, signal, opened },
        mayHaveMissed,
      )) {
        last = id;
        failures = 0;
        yield { event, data: JSON.parse(data) as unknown, id } as Identified;
      }
    } catch (error) {
      if (!signal.aborted && !isPassing(error)) throw error;
    }
    failures += 1;
    await pause(backoff(failures), signal).catch(() => undefined);
  }
}

interface Opening {
  send: Send;
  url: URL;
  last: string;
  signal: AbortSignal;
  opened(): void;
}

async function* openStream({ send, url, last, signal, opened }: Opening, mayHaveMissed: boolean) {
  const headers = { accept: 'text/event-stream', ...(last && { 'last-event-id': last }) };
  const response = await send(new Request(url, { headers, signal }));
  // Transient failures have been retried already; this one ends the stream.
  if ([429, 502, 503, 504].includes(response.status)) return;
  const { body } = await requireSuccess(response);
  opened();
  if (mayHaveMissed) yield { event: 'reset', data: '{}' } as EventSourceMessage;
  if (body) yield* readEvents(body);
}

async function* readEvents(body: ReadableStream<Uint8Array>): AsyncGenerator<EventSourceMessage> {
  const received: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => received.push(event) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const watchdog = setTimeout(() => void reader.cancel(), silenceMilliseconds);
      const { done, value } = await reader.read().finally(() => clearTimeout(watchdog));
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* received.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** `fetch` and its streams throw TypeErrors for a connection that breaks. */
const isPassing = (error: unknown): boolean => error instanceof TypeError;
