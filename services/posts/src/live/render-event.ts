import type { PostView } from '../models/shown-post.js';

/** One of the events that the HTTP contract names, without its id. */
export type LiveEvent =
  | { event: 'post-published' | 'post-changed'; data: PostView }
  | { event: 'post-deleted'; data: { id: number } }
  | { event: 'votes'; data: { id: number; votes: number } }
  | { event: 'reset'; data: object };

/** An event as it is sent (HTML, section 9.2); JSON has no line break that would need care. */
const renderEvent = ({ event, data }: LiveEvent, id: string): string =>
  `event: ${event}\nid: ${id}\ndata: ${JSON.stringify(data)}\n\n`;

/** Events with ids to resume from: a client that loses the connection before the last one gets all of them again. */
export const renderEvents = (events: readonly LiveEvent[], before: string, after: string): Buffer =>
  Buffer.from(
    events.map((event, index) => renderEvent(event, index === events.length - 1 ? after : before)).join(''),
  );

/**
 * A comment line. An empty line after it would end an event, and some clients report events without data
 * (@microsoft/fetch-event-source all of them, httpx-sse those after the first with an id).
 */
export const heartbeat = Buffer.from(': still here\n');

/** The start of every stream: the delay for reconnecting. Like a heartbeat, it does not end an event. */
export const greeting = Buffer.from(`retry: 3000\n${heartbeat.toString()}`);
