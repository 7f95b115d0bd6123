import type { ApplyOptions, StoredEvent } from '@agora/messaging/operating';
import { pageSize } from './ids-parameter.js';

/** What an event can be about. */
export type Subject = 'user_id' | 'post_id';

/** What a check may use. */
export interface Session extends ApplyOptions {
  repair: boolean;
  /** Events that were added to an outbox before then are known to be applied, or are among those that are `awaited`. */
  since: Date;
  /** Events about a thing that were published a while ago and are not applied here. */
  awaited(subject: Subject, id: number): StoredEvent[];
}

/** Compares one sort of things that this service keeps with what their owner says of them. */
export interface Check {
  /** What it finds, as the metric and the report name it. */
  kind: string;
  /** The ids of all things of the sort, in ascending pages. */
  pages(): AsyncIterable<number[]>;
  /** Which of them look different now. They need not be: an event may be on its way. */
  compare(ids: number[], session: Session): Promise<number[]>;
  /** Looks at one so that no event can change it meanwhile. Says what is wrong with it, repaired when the session asks for it; undefined when nothing is. */
  examine(id: number, session: Session): Promise<string | undefined>;
}

/** Ids in pages, each read after the last id of the one before. */
export async function* pagesOf(
  idsAfter: (after: number, limit: number) => Promise<number[]>,
): AsyncIterable<number[]> {
  for (let after = 0; ;) {
    const ids = await idsAfter(after, pageSize);
    if (ids.length > 0) yield ids;
    const last = ids.at(-1);
    if (last === undefined || ids.length < pageSize) return;
    after = last;
  }
}
