/**
 * How the replicas of a service share the leases of its relays: each writes a heartbeat into the table of leases several times per
 * `LEASE_SECONDS`, and holds no more leases than its fair share. With one partition there is nothing to share, and no replica writes heartbeats.
 */
import type { Publisher } from '@agora/contracts';
import { delay, loop, within, type Stoppable } from '@agora/process';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import type { Broker } from '../nats/broker.js';
import { holder, type Claim } from '../leases.js';
import type { Logger } from '../logger.js';
import { partitionOfStream } from '../partitions.js';
import { outboxDays } from '../retention.js';
import { defineStatement, queryPool } from '../statements.js';

export interface Share extends Stoppable {
  /** Claims one more lease; undefined when this replica has its share already. */
  claim(): Claim | undefined;
  /** Leaves, and resolves once the others ask for the leases of this replica. It should hold them until then: events of a partition whose lease nobody holds are not published. */
  stop(): Promise<void>;
}

interface ShareOptions {
  database: pg.Pool;
  broker: Broker;
  publisher: Publisher;
  logger: Logger;
  /** Called with the number of partitions that need a relay, whenever it was looked up. */
  need(partitions: number): void;
}

/** How often a replica with one partition checks for rows of other partitions, which are left when the number was lowered. */
const lookMilliseconds = 5_000;
/** The interval between heartbeats, in milliseconds for each second of `LEASE_SECONDS`. */
const heartbeatPart = 250;
/** The time in which another replica asks for a lease that it may have. */
const takeMilliseconds = 200;
/** A shutdown has only some seconds for everything, however long leases last. */
const patienceMilliseconds = 1_000;

/** Starts sharing. */
export function shareRelays({ database, broker, publisher, logger, need }: ShareOptions): Share {
  const { EVENT_PARTITIONS: wanted, LEASE_SECONDS: seconds } = broker.settings;
  const name = `${members}${holder}/${randomUUID().slice(0, 8)}`;
  let partitions = wanted;
  let replicas = 1;
  // Until the other replicas are known, only leases that have never been shared are taken.
  let quota = wanted > 1 ? 0 : Infinity;
  const claims = new Set<Claim>();
  const leaving = new Set<Claim>();

  const sendHeartbeat = async () => {
    const found = await findPartitions(database, publisher);
    partitions = Math.max(partitions, found);
    need(partitions);
    if (partitions === 1) return;
    // A replica that cannot reach NATS leaves the leases to the others.
    const present = await announce(database, name, broker.isConnected() ? seconds : 0);
    replicas = present.length;
    quota = quotaOf(partitions, present.indexOf(name), replicas);
  };
  const heartbeats = loop(
    `sharing the relays of ${publisher}`,
    async ({ signal, progressed }) => {
      while (!signal.aborted) {
        await sendHeartbeat();
        progressed();
        await delay(partitions > 1 ? seconds * heartbeatPart : lookMilliseconds, signal);
      }
    },
    { isVital: false, maxBackoffMilliseconds: 1_000, logger },
  );
  return {
    claim() {
      if (claims.size >= quota) return undefined;
      const claim: Claim = {
        isSurplus() {
          if (!leaving.has(claim) && claims.size - leaving.size > quota) leaving.add(claim);
          return leaving.has(claim);
        },
        end() {
          claims.delete(claim);
          leaving.delete(claim);
        },
      };
      claims.add(claim);
      return claim;
    },
    async stop() {
      const withdraw = async () => {
        await heartbeats.stop();
        if (partitions > 1) await queryPool(database, leave, [name]);
      };
      // While the database hangs, no other replica could take over anyway.
      await within(patienceMilliseconds, withdraw());
      // The others notice at their next heartbeat.
      const heartbeatMilliseconds = Math.min(seconds * heartbeatPart, patienceMilliseconds);
      if (partitions > 1 && replicas > 1) await sleep(heartbeatMilliseconds + takeMilliseconds);
    },
  };
}

/** The shares of all replicas add up to all leases. */
const quotaOf = (partitions: number, rank: number, replicas: number): number =>
  Math.floor(partitions / replicas) + (rank < partitions % replicas ? 1 : 0);

const members = 'relays of ';

const present = defineStatement(
  'relays-share',
  `WITH gone AS (
     DELETE FROM leases WHERE name LIKE '${members}%' AND name <> $1 AND expires_at < clock_timestamp() - interval '1 minute'
   ), here AS (
     INSERT INTO leases (name, holder, token, expires_at) VALUES ($1, $2, 1, clock_timestamp() + $3 * interval '1 second')
     ON CONFLICT (name) DO UPDATE SET expires_at = EXCLUDED.expires_at RETURNING name
   )
   SELECT name FROM leases WHERE name LIKE '${members}%' AND expires_at > clock_timestamp()
   UNION SELECT name FROM here ORDER BY name`,
);

/** Registers this replica for the given time; resolves to the names of all registered replicas. */
async function announce(database: pg.Pool, name: string, seconds: number): Promise<string[]> {
  const { rows } = await queryPool<{ name: string }>(database, present, [name, holder, seconds]);
  return rows.map((row) => row.name);
}

const leave = defineStatement('relays-leave', 'DELETE FROM leases WHERE name = $1');

const used = defineStatement(
  'partitions-used',
  `SELECT (SELECT max(partition) FROM outbox WHERE published_at IS NULL) AS unpublished,
          array(SELECT stream FROM published_streams
                WHERE last_published_at > now() - interval '${outboxDays} days' OR republish_until IS NOT NULL) AS streams`,
);

/** How many partitions need a relay although the setting may have been lowered: they have unpublished events, or events to republish if their stream is lost. */
async function findPartitions(database: pg.Pool, publisher: Publisher): Promise<number> {
  const { rows } = await queryPool<{ unpublished: number | null; streams: string[] }>(database, used);
  const { unpublished, streams } = rows[0] ?? { unpublished: null, streams: [] };
  return (
    1 + Math.max(unpublished ?? 0, ...streams.map((stream) => partitionOfStream(publisher, stream) ?? 0))
  );
}
