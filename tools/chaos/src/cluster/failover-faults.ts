import type { DatabasePair } from './database-pair.js';
import { untilAllReady, type System } from '../system/system.js';
import type { Fault } from '../faults/fault.js';

/** The database of a system that has a standby. */
export function pairOf({ cluster }: System): DatabasePair {
  if (!cluster) throw new Error('PostgreSQL has no standby');
  return cluster.postgres;
}

/** The primary is lost with its disk, and a standby takes its place that has whatever was acknowledged. */
const failOver: Fault = {
  kind: 'fail over postgres',
  touches: 'postgres',
  quick: true,
  async run({ system, random, signal }) {
    const milliseconds = 500 + random.below(3_000);
    await pairOf(system).failOver(milliseconds);
    await untilAllReady(system.replicas, signal);
    await pairOf(system).follow();
    return `after ${milliseconds} ms, with synchronous replication`;
  },
};

/** Clients of the old primary can only read until they are redirected to the new one. */
const switchOver: Fault = {
  kind: 'switch over postgres',
  touches: 'postgres',
  quick: true,
  async run({ system, signal }) {
    await pairOf(system).switchOver();
    await untilAllReady(system.replicas, signal);
    await pairOf(system).follow();
    return 'the old primary is a standby';
  },
};

export const failoverFaults: readonly Fault[] = [failOver, switchOver];
