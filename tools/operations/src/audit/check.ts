import type { SetAside } from '@agora/database';
import type { ApplyOptions, StoredEvent } from '@agora/messaging/operating';
import { pageSize } from '../ids-parameter.js';

/** The kind of thing that an event is about. */
export type Subject = 'user_id' | 'post_id';

/** What people call it, such as `post 7`. */
export const subjectOf = (subject: Subject, id: number): string =>
  `${subject === 'user_id' ? 'user' : 'post'} ${id}`;

/** What a check may use. */
export interface Session extends ApplyOptions {
  /** Whether what can be recomputed is repaired. */
  repair: boolean;
  /** What orphaned rows are set aside under; left out, none are. */
  erase?: Omit<SetAside, 'subject'> | undefined;
  /** Events added to an outbox before this time have been applied, or are among those `awaited`. */
  since: Date;
  /** Events about a thing that were published a while ago and have not been applied here. */
  awaited(subject: Subject, id: number): StoredEvent[];
}

/** What is wrong with a thing. */
export interface Finding {
  problem: string;
  /** How many rows are wrong or orphaned. */
  rows: number;
  /** `repair` recomputes them, `erase` sets the rows aside. */
  remedy: 'repair' | 'erase';
}

/** Compares one kind of data that this service keeps with its owner's. */
export interface Check {
  /** The name of what it finds, in the metric and the report. */
  kind: string;
  /** How many rows it compares. */
  countRows(): Promise<number>;
  /** The ids of everything that it compares, in ascending pages. */
  pages(): AsyncIterable<number[]>;
  /** Which of them look different now. This need not be drift: an event may be on its way. */
  compare(ids: number[], session: Session): Promise<number[]>;
  /** Examines one, under a lock that keeps events from changing it; returns what is wrong with it, or undefined, and repairs it if the session says so. */
  examine(id: number, session: Session): Promise<Finding | undefined>;
}

/** Whether a session repairs a finding. */
export const isSetRight = ({ remedy }: Finding, { repair, erase }: Session): boolean =>
  remedy === 'repair' ? repair : erase !== undefined;

/** Ids in pages, each read after the last id of the previous page. */
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
