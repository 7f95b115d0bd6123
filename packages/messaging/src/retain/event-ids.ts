import { randomUUID } from 'node:crypto';

/** A new id for an event of that time, in milliseconds since 1970: a UUIDv7 (RFC 9562), which begins with it. */
export function newEventId(milliseconds: number): string {
  const time = milliseconds.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}

/** The time of an id, in milliseconds since 1970; 0 of one that does not tell, such as those of releases that made UUIDv4. */
export const timeOfId = (id: string): number =>
  /^[0-9a-f]{8}-[0-9a-f]{4}-7/i.test(id) ? Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16) : 0;

/** From when to when ids are, both included. */
export const timesOfIds = (ids: readonly string[]): [from: number, to: number] => {
  const times = ids.map(timeOfId);
  return [Math.min(...times), Math.max(...times)];
};

/** `timeOfId` in SQL, of `event_id`. Every inbox is partitioned by it, as it stands here: PostgreSQL leaves out partitions only where a statement has the same expression. */
export const idTime = `(CASE WHEN substr(event_id::text, 15, 1) = '7' THEN ('x' || translate(left(event_id::text, 13), '-', ''))::bit(48)::bigint ELSE 0 END)`;
