import type { SetAside } from '@agora/database';
import type { ApplyOptions, StoredEvent } from '@agora/messaging/operating';
import { pageSize } from '../ids-parameter.js';

/** What an event can be about. */
export type Subject = 'user_id' | 'post_id';

/** How people call it. */
export const subjectOf = (subject: Subject, id: number): string =>
  `${subject === 'user_id' ? 'user' : 'post'} ${id}`;

/** What a check may use. */
export interface Session extends ApplyOptions {
  /** Whether what can be computed again is set right. */
  repair: boolean;
  /** Under what rows are set aside that belong to nothing; without it none are. */
  erase?: Omit<SetAside, 'subject'> | undefined;
  /** Events that were added to an outbox before then are known to be applied, or are among those that are `awaited`. */
  since: Date;
  /** Events about a thing that were published a while ago and are not applied here. */
  awaited(subject: Subject, id: number): StoredEvent[];
}

/** What is wrong with a thing. */
export interface Finding {
  problem: string;
  /** How many rows are wrong, or belong to nothing. */
  rows: number;
  /** How it can be set right: by computing it again, or by setting the rows aside. */
  remedy: 'repair' | 'erase';
}

/** Compares one sort of things that this service keeps with what their owner says of them. */
export interface Check {
  /** What it finds, as the metric and the report name it. */
  kind: string;
  /** How many rows of the sort there are, about which it can find something. */
  countRows(): Promise<number>;
  /** The ids of all things of the sort, in ascending pages. */
  pages(): AsyncIterable<number[]>;
  /** Which of them look different now. They need not be: an event may be on its way. */
  compare(ids: number[], session: Session): Promise<number[]>;
  /** Looks at one so that no event can change it meanwhile. Says what is wrong with it, and sets it right when the session asks for that; undefined when nothing is. */
  examine(id: number, session: Session): Promise<Finding | undefined>;
}

/** Whether a session sets right what it finds. */
export const isSetRight = ({ remedy }: Finding, { repair, erase }: Session): boolean =>
  remedy === 'repair' ? repair : erase !== undefined;

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
