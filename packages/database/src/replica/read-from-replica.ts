import { AsyncLocalStorage } from 'node:async_hooks';
import type pg from 'pg';
import type { Replica, Source } from './replica.js';

let replica: Replica | undefined;

/** Has `readFromReplica` read from it, or, without one, from the primary. */
export const useReplica = (opened: Replica | undefined): void => void (replica = opened);

const sources = new AsyncLocalStorage<Source | undefined>();

/**
 * Runs `work`, whose reads outside of transactions may then be a replica's: one that shows what the primary had a second ago or later and,
 * if `after` is given, all that was committed before that position of the log; `latest` is the primary's own at this moment.
 * Everything else, and what the replica can't show, is the primary's.
 */
export async function readFromReplica<Result>(work: () => Promise<Result>, after?: string): Promise<Result> {
  return replica ? sources.run(await replica.sourceOf(after), work) : work();
}

/** The result of `find`; rows that a replica may lack are also looked up at the primary. */
export async function findAnywhere<Found>(
  find: () => Promise<Found | undefined>,
): Promise<Found | undefined> {
  const found = await find();
  return found === undefined && sources.getStore()?.replayed !== undefined
    ? sources.run(undefined, find)
    : found;
}

/** The position of the primary's log, past all that is committed by now; undefined when there is no replica that could lack something of it. */
export const latestPosition = async (): Promise<string | undefined> => replica?.latest();

/** Reads that want the same of a replica can be made together: they have the same key. */
export const sourceKey = (): string => sources.getStore()?.replayed?.toString() ?? '';

/** What `work` reads from the replica; undefined where the read is the primary's. */
export async function readThere<Result>(
  work: (client: pg.PoolClient) => Promise<Result | undefined>,
): Promise<Result | undefined> {
  const source = sources.getStore();
  return source && replica?.read(source, work);
}

/** The connections to the replica, if there is one. */
export const replicaPool = () => replica?.pool();
