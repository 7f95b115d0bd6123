import type { Socket } from 'node:net';
import { setImmediate as endOfTurn } from 'node:timers/promises';
import Joi from 'joi';
import pg from 'pg';
import { Counter } from 'prom-client';
import { leavesConnectionUseless, sqlState } from '../connect/errors.js';

/** The settings of a process that may read from a replica, by their environment names. */
export const replicaSettings = {
  DATABASE_REPLICA_HOST: Joi.string(),
  DATABASE_REPLICA_PORT: Joi.number().port(),
};

export interface ReplicaSettings {
  /** A standby of the database, or a name that leads to several; without it every read is the primary's. */
  DATABASE_REPLICA_HOST?: string;
  /** As `DATABASE_PORT` unless given. */
  DATABASE_REPLICA_PORT?: number;
}

/** Why a read is the primary's: the replica lacks the write or the moment that was asked for, lacks what is too old to lack, or fails; or the primary does not say how far it is. */
type Reason = 'own_write' | 'behind' | 'away' | 'primary_away';

/** Where a read is to be made: on the replica, once it has replayed the log up to a position; on the primary without one. */
export interface Source {
  replayed?: bigint;
  /** Why the primary. */
  reason: Reason;
}

const reads = new Counter({
  name: 'database_reads_total',
  help: 'Statements that may be read from the replica, by who read them; and, where it was the primary, why',
  labelNames: ['from', 'reason'],
});

export interface Replica {
  /** The server for a read that must show the log up to `after`: a position, or `latest`, the primary's current one. */
  sourceOf(after?: string): Promise<Source>;
  /** What `work` reads there; undefined where the primary is to be asked: the replica can't show it, or fails. */
  read<Result>(
    source: Source,
    work: (client: pg.PoolClient) => Promise<Result | undefined>,
  ): Promise<Result | undefined>;
  /** The position of the primary's log, past all that is committed by now. */
  latest(): Promise<string>;
  /** Its connections, as sequelize-pool counts its own. */
  pool(): { maxSize: number; size: number; using: number; waiting: number };
  close(): Promise<void>;
}

/** The staleness bound of every read: deleted and removed rows must disappear within 2 s. */
const boundMilliseconds = 1_000;
const markMilliseconds = 100;
/** A replica counts as behind only when it lacks rows older than this; it may always lack the newest. */
const leniencyMilliseconds = 500;
/** A connection is asked so often, even when nothing was written, whether it leads to a standby still. */
const checkMilliseconds = 250;
/** Longer than the reads of a request take. A replica that gives no answer for even longer counts as away. */
const statementMilliseconds = 1_000;
const answerMilliseconds = 1_500;
const awayMilliseconds = 3_000;
const behindMilliseconds = 250;

/** A position of the log, such as `16/B374D848`, as a number. */
const parsePosition = (position: string): bigint => {
  const [high, low] = position.split('/');
  return (BigInt(`0x${high}`) << 32n) | BigInt(`0x${low}`);
};

const standing = `SELECT CASE WHEN pg_is_in_recovery() THEN pg_last_wal_replay_lsn()::text END AS position`;

/**
 * Follows how far a replica is. No clock of another machine counts: the process remembers where the primary's log was when it asked
 * (`marks`), and a connection is read when its server has replayed at least the oldest mark of the last second. A replica is left alone
 * until a probe, that no request waits for, finds it in order: for 3 s when it fails, 250 ms when it is behind.
 */
export function openReplica(connection: pg.PoolConfig, askPrimary: () => Promise<string>): Replica {
  const pool = new pg.Pool({
    ...connection,
    connectionTimeoutMillis: 1_000,
    query_timeout: answerMilliseconds,
    statement_timeout: statementMilliseconds,
    // Sequelize says the same of its connections; nothing that writes gets through should this be a primary all of a sudden.
    options: '-c TimeZone=UTC -c default_transaction_read_only=on',
  });
  // For idle connections and for those in use: the statement that fails, or the next one, reports the error.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  const seen = new WeakMap<pg.PoolClient, { replayed: bigint; at: number }>();
  const inUse = new Set<pg.PoolClient>();
  const now = () => performance.now();
  let marks: { position: bigint; at: number }[] = [];
  let closed: { reason: Reason; until: number } | undefined = { reason: 'away', until: 0 };
  let isProbing = false;

  /** The furthest position seen on a standby. A primary behind it has lost commits in a failover, which standbys may still have: they are read once the primary is past it. */
  let furthest = 0n;
  let lost = -1n;

  let asking: Promise<string> | undefined;
  /** One statement for all callers in one turn of the event loop. */
  const latest = () =>
    (asking ??= endOfTurn().then(async () => {
      // A later caller might have written something since.
      asking = undefined;
      const [at, before] = [now(), furthest];
      const position = await askPrimary();
      const mark = { position: parsePosition(position), at };
      if (mark.position < before) {
        [lost, furthest, marks] = [before, 0n, []];
        leaveAlone('away');
      }
      // Writes ask more often than anybody needs to know.
      if (at >= (marks.at(-1)?.at ?? 0) + markMilliseconds / 2) marks.push(mark);
      return position;
    }));

  /** What every read has to show at least; undefined while the primary does not answer. */
  const floor = async () => {
    marks = marks.filter(({ at }) => at > now() - boundMilliseconds);
    const newest = marks.at(-1);
    if (!newest || newest.at < now() - markMilliseconds) {
      const asked = latest().catch(() => undefined);
      if (!newest) await asked;
    }
    return marks[0];
  };

  const leaveAlone = (reason: 'away' | 'behind') => {
    closed = { reason, until: now() + (reason === 'away' ? awayMilliseconds : behindMilliseconds) };
    // Callers need not keep waiting for a server that hangs.
    if (reason === 'away') for (const client of inUse) socketOf(client).destroy();
  };

  const check = async (client: pg.PoolClient) => {
    const at = now();
    const { rows } = await client.query<{ position: string | null }>(standing);
    const position = rows[0]?.position;
    if (!position) throw new Error('the replica is no standby');
    const replayed = parsePosition(position);
    if (replayed <= lost) throw new Error('the replica may have what the primary has lost');
    if (replayed > furthest) furthest = replayed;
    seen.set(client, { replayed, at });
    return replayed;
  };

  const hasReplayed = async (client: pg.PoolClient, position: bigint) => {
    const known = seen.get(client);
    if (known && known.replayed >= position && known.at > now() - checkMilliseconds) return true;
    const replayed = await check(client);
    const oldest = marks[0];
    if (oldest && replayed < oldest.position && oldest.at < now() - leniencyMilliseconds)
      leaveAlone('behind');
    return replayed >= position;
  };

  const onConnection = async <Result>(work: (client: pg.PoolClient) => Promise<Result>): Promise<Result> => {
    const client = await pool.connect();
    inUse.add(client);
    let error: unknown;
    try {
      return await work(client);
    } catch (thrown) {
      error = thrown;
      throw thrown;
    } finally {
      inUse.delete(client);
      client.release(error !== undefined || closed !== undefined);
    }
  };

  const probe = async () => {
    if (isProbing) return;
    isProbing = true;
    try {
      const oldest = await floor();
      await onConnection(async (client) => {
        const replayed = await check(client);
        if (oldest && replayed >= oldest.position) closed = undefined;
        else leaveAlone('behind');
      });
    } catch {
      leaveAlone('away');
    } finally {
      isProbing = false;
    }
  };

  const readFrom = async <Result>(
    replayed: bigint,
    work: (client: pg.PoolClient) => Promise<Result | undefined>,
  ): Promise<Result | undefined> => {
    try {
      return await onConnection(async (client) =>
        (await hasReplayed(client, replayed)) ? work(client) : undefined,
      );
    } catch (error) {
      if (isAway(error)) leaveAlone('away');
      return undefined;
    }
  };

  return {
    latest,
    async sourceOf(after) {
      if (closed) {
        if (closed.until <= now()) void probe();
        return { reason: closed.reason };
      }
      const oldest = await floor();
      if (!oldest) return { reason: 'primary_away' };
      try {
        const wanted = after === undefined ? 0n : parsePosition(after === 'latest' ? await latest() : after);
        return wanted > oldest.position
          ? { replayed: wanted, reason: 'own_write' }
          : { replayed: oldest.position, reason: 'behind' };
      } catch {
        return { reason: 'primary_away' };
      }
    },
    async read({ replayed, reason }, work) {
      const result = replayed === undefined || closed ? undefined : await readFrom(replayed, work);
      if (result === undefined) reads.inc({ from: 'primary', reason: closed?.reason ?? reason });
      else reads.inc({ from: 'replica', reason: '' });
      return result;
    },
    pool: () => ({
      maxSize: pool.options.max,
      size: pool.totalCount,
      using: pool.totalCount - pool.idleCount,
      waiting: pool.waitingCount,
    }),
    close: () => pool.end(),
  };
}

/** Whether others would fare as badly; a statement alone may also take too long, or conflict with what is replayed. */
const isAway = (error: unknown): boolean => sqlState(error) === undefined || leavesConnectionUseless(error);

/** pg's types do not show it. */
const socketOf = (client: pg.PoolClient): Socket =>
  (client as unknown as { connection: { stream: Socket } }).connection.stream;
