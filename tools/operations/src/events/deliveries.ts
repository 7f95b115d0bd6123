import { setTimeout as sleep } from 'node:timers/promises';
import type { InternalAddress } from '@agora/http';
import { applyMessage, findUnapplied, type ApplyOptions, type StoredEvent } from '@agora/messaging/operating';
import { askOwner } from '../audit/ask-owner.js';

/** So many events that are not applied are kept in mind; a service that is further behind has nothing to compare yet. */
const mostUnapplied = 10_000;
const pageSize = 2_000;
const pollMilliseconds = 250;

export interface Deliveries {
  compared: number;
  /** Not applied, though they are older than what may be on its way. */
  unapplied: StoredEvent[];
  /** Dead letters. */
  dead: StoredEvent[];
  isFarBehind: boolean;
}

/**
 * Goes through all that the publishers retain, in pages, and returns what this service should have applied and has not, after it
 * had `waitSeconds` to do so.
 */
export async function findUndelivered(
  publishers: readonly InternalAddress[],
  options: ApplyOptions,
  waitSeconds: number,
): Promise<Deliveries> {
  const types = new Set(options.subscriptions.flatMap(({ events }) => events.map(({ type }) => type)));
  let missing: StoredEvent[] = [];
  let compared = 0;
  for (const publisher of publishers) {
    for await (const page of outboxOf(publisher)) {
      const meant = page.filter(({ envelope }) => types.has(envelope.type));
      compared += meant.length;
      missing.push(...(await unappliedOf(meant, options)).map(({ event }) => event));
      if (missing.length > mostUnapplied)
        return { compared, unapplied: missing, dead: [], isFarBehind: true };
    }
  }
  const deadline = performance.now() + waitSeconds * 1_000;
  for (;;) {
    const left = await unappliedOf(missing, options);
    missing = left.map(({ event }) => event);
    const waiting = left.filter(({ dead }) => !dead).map(({ event }) => event);
    if (waiting.length === 0 || performance.now() > deadline) {
      const dead = left.filter((each) => each.dead).map(({ event }) => event);
      return { compared, unapplied: waiting, dead, isFarBehind: false };
    }
    await sleep(pollMilliseconds);
  }
}

/** Applies an event here, as if it had come. Returns why it could not be. */
export async function deliver({ envelope }: StoredEvent, options: ApplyOptions): Promise<string | undefined> {
  try {
    await applyMessage({ subject: envelope.type, body: JSON.stringify(envelope) }, options);
    return undefined;
  } catch (error) {
    return String(error);
  }
}

async function* outboxOf(publisher: InternalAddress): AsyncIterable<StoredEvent[]> {
  for (let after = '0'; ;) {
    const path = `/internal/events?after=${after}&limit=${pageSize}`;
    const page = (await askOwner<StoredEvent[]>(publisher, path)) ?? [];
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < pageSize) return;
    after = last.sequence;
  }
}

async function unappliedOf(
  events: StoredEvent[],
  { database }: ApplyOptions,
): Promise<{ event: StoredEvent; dead: boolean }[]> {
  if (events.length === 0) return [];
  const found = await findUnapplied(
    database,
    events.map(({ envelope }) => envelope.id),
  );
  const byId = new Map(found.map(({ event_id: id, dead }) => [id, dead]));
  return events.flatMap((event) => {
    const dead = byId.get(event.envelope.id);
    return dead === undefined ? [] : [{ event, dead }];
  });
}
