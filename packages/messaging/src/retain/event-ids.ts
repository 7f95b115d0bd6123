import { randomUUID } from 'node:crypto';

/** Makes the id of an event: a UUIDv7 (RFC 9562), which begins with the time of the event in milliseconds since 1970. */
export function newEventId(milliseconds: number): string {
  const time = milliseconds.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The time in an id, in milliseconds since 1970; 0 if it is no UUIDv7, as in events of older releases. */
export const timeOfId = (id: string): number =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : 0;

/** The earliest and the latest time in any number of ids; 0 and 0 if there are none. */
export function timesOfIds(ids: readonly string[]): [from: number, to: number] {
  let from = timeOfId(ids[0] ?? '');
  let to = from;
  for (const time of ids.map(timeOfId)) {
    from = Math.min(from, time);
    to = Math.max(to, time);
  }
  return [from, to];
}

/** `timeOfId` of `event_id` in SQL: the partition key of every inbox. Never change it: PostgreSQL prunes partitions only by the same expression. */
export const idTime = `(CASE WHEN substr(event_id::text, 15, 1) = '7' THEN ('x' || translate(left(event_id::text, 13), '-', ''))::bit(48)::bigint ELSE 0 END)`;
