import { randomUUID } from 'node:crypto';
import pg from 'pg';
import { cpuBetween, cpuTimes } from '../system/proc.js';

/** So many events are written at once. */
export const batchSize = 500;

/** How expired events are removed. */
export const ways = ['rows', 'partitions'] as const;
export type Way = (typeof ways)[number];

/** The tables as they were before they had partitions, in a schema of their own. */
const tablesOfRows = `
  CREATE SCHEMA rows_alone;
  SET search_path = rows_alone;
  CREATE TABLE outbox (sequence bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, event_id uuid NOT NULL UNIQUE, envelope jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(), published_at timestamptz, attempts integer NOT NULL DEFAULT 0, next_attempt_at timestamptz, last_error text,
    partition integer NOT NULL DEFAULT 0) WITH (fillfactor = 70);
  CREATE INDEX ON outbox (sequence) WHERE published_at IS NULL;
  CREATE INDEX ON outbox (published_at) WHERE published_at IS NOT NULL;
  CREATE INDEX ON outbox (partition, sequence) WHERE published_at IS NULL;
  CREATE TABLE inbox (event_id uuid PRIMARY KEY, applied_at timestamptz NOT NULL DEFAULT now());
  CREATE INDEX ON inbox (applied_at);`;

/** Without the partition for all days before today, in which the benchmark's days are. */
const tablesOfPartitions = `
  SET ROLE votes_owner;
  SET search_path = votes;
  DO $$ DECLARE part regclass; BEGIN
    FOR part IN SELECT inhrelid FROM pg_inherits WHERE inhparent IN ('outbox'::regclass, 'inbox'::regclass) AND inhrelid::regclass::text ~ '_before_' LOOP
      EXECUTE format('DROP TABLE %s', part);
    END LOOP;
  END $$`;

/** Creates the partitions of a day, as the service does. */
const makePartitions = (day: Date) => {
  const midnight = Math.floor(day.getTime() / 86_400_000) * 86_400_000;
  const monday = midnight - ((new Date(midnight).getUTCDay() + 6) % 7) * 86_400_000;
  const make = (
    table: string,
    from: number,
    lasts: number,
    bound: (milliseconds: number) => string,
    like: string,
  ) => {
    const name = `${table}_${new Date(from).toISOString().slice(0, 10).replaceAll('-', '')}`;
    return `CREATE TABLE IF NOT EXISTS ${name} (LIKE ${table}_default INCLUDING ALL EXCLUDING ${like};
      DO $$ BEGIN IF NOT (SELECT relispartition FROM pg_class WHERE oid = '${name}'::regclass) THEN
        ALTER TABLE ${table} ATTACH PARTITION ${name} FOR VALUES FROM (${bound(from)}) TO (${bound(from + lasts * 86_400_000)});
      END IF; END $$;`;
  };
  return (
    make(
      'outbox',
      midnight,
      1,
      (at) => `'${new Date(at).toISOString()}'`,
      'IDENTITY) WITH (fillfactor = 70)',
    ) + make('inbox', monday, 7, String, 'INDEXES, PRIMARY KEY (event_id))')
  );
};

/** What a day cost, and the size of the tables at its end. */
export interface Day {
  /** Microseconds of CPU of PostgreSQL. */
  writing: number;
  retiring: number;
  vacuuming: number;
  /** Bytes of the write-ahead log, of all three. */
  logged: number;
  bytes: number;
  dead: number;
}

/** Opens a connection to the tables of one way. */
export async function openTables(database: pg.ClientConfig, way: Way) {
  const client = new pg.Client(database);
  await client.connect();
  await client.query('SET statement_timeout = 0; SET synchronous_commit = off; SET TimeZone = UTC');
  await client.query(way === 'rows' ? tablesOfRows : tablesOfPartitions);
  await client.query(
    `DO $$ DECLARE part regclass; BEGIN FOR part IN SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace LOOP
       EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', part); END LOOP; END $$`,
  );
  const { rows } = await client.query<{ pid: number }>('SELECT pg_backend_pid() AS pid');
  const pids = [rows[0]?.pid ?? 0];
  const cpuOf = async (work: () => Promise<void>) => {
    const before = cpuTimes(pids);
    await work();
    return cpuBetween(before, cpuTimes(pids));
  };
  const one = async <Row extends pg.QueryResultRow>(text: string, values: unknown[] = []) =>
    (await client.query<Row>(text, values)).rows[0] as Row;
  return { client, cpuOf, one, way };
}

export type Tables = Awaited<ReturnType<typeof openTables>>;

const newId = (way: Way, at: Date) => {
  const time = at.getTime().toString(16).padStart(12, '0');
  return way === 'rows' ? randomUUID() : `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};

/** Adds, publishes and applies the events of a day. */
async function write({ client, way }: Tables, day: Date, count: number): Promise<void> {
  for (let done = 0; done < count; done += batchSize) {
    const at = new Date(day.getTime() + (done / count) * 86_000_000);
    const ids = Array.from({ length: Math.min(batchSize, count - done) }, () => newId(way, at));
    const { rows } = await client.query<{ sequence: string }>({
      name: 'add',
      text: `INSERT INTO outbox (event_id, envelope, created_at)
             SELECT id, jsonb_build_object('specversion', '1.0', 'id', id, 'source', 'agora/votes', 'type', 'votes.vote-cast.v1', 'time', $2::timestamptz,
               'datacontenttype', 'application/json', 'requestid', id, 'data', jsonb_build_object('post_id', 123456, 'user_id', 7654321)), $2
             FROM unnest($1::uuid[]) AS given (id) RETURNING sequence`,
      values: [ids, at],
    });
    await client.query({
      name: 'mark',
      text: `UPDATE outbox SET published_at = $2 WHERE sequence = ANY($1::bigint[])${way === 'partitions' ? ' AND created_at BETWEEN $2 AND $2' : ' AND $2::timestamptz IS NOT NULL'}`,
      values: [rows.map(({ sequence }) => sequence), at],
    });
    await client.query({
      name: 'apply',
      text: `INSERT INTO inbox (event_id, applied_at) SELECT id, $2 FROM unnest($1::uuid[]) AS given (id) ORDER BY id ON CONFLICT DO NOTHING`,
      values: [ids, at],
    });
  }
}

/** Removes what had expired `ago` days before now. */
async function retire({ client, way, one }: Tables, ago: number): Promise<void> {
  for (const [table, key, time, kept] of [
    ['outbox', 'sequence', 'published_at', 7],
    ['inbox', 'event_id', 'applied_at', 30],
  ] as const) {
    const isDone = async () => {
      if (way === 'partitions') {
        const { done } = await one<{ done: string | null }>('SELECT maintain_partitions($1, $2) AS done', [
          table,
          kept + ago,
        ]);
        return done === null;
      }
      const { rowCount } = await client.query(
        `DELETE FROM ${table} WHERE ${key} = ANY (ARRAY(SELECT ${key} FROM ${table} WHERE ${time} < now() - $1 * interval '1 day'
         ORDER BY ${time} LIMIT 5000 FOR UPDATE SKIP LOCKED))`,
        [kept + ago],
      );
      return rowCount !== 5_000;
    };
    while (!(await isDone()));
  }
}

/** Vacuums what autovacuum would, with the settings of these tables. */
async function vacuum({ client }: Tables): Promise<void> {
  await client.query('SELECT pg_stat_force_next_flush()');
  const { rows } = await client.query<{ name: string }>(
    `SELECT relid::regclass AS name FROM pg_stat_user_tables AS stat JOIN pg_class ON oid = relid
     WHERE schemaname = current_schema() AND stat.relname ~ '^(out|in)box'
       AND (n_dead_tup > 50 + (CASE WHEN stat.relname ~ '^out' THEN 0.02 ELSE 0.2 END) * greatest(reltuples, 0)
         OR n_ins_since_vacuum > 1000 + 0.2 * greatest(reltuples, 0))`,
  );
  for (const { name } of rows) await client.query(`VACUUM ANALYZE ${name}`);
}

/** Runs a day, `ago` days before today. */
export async function passDay(tables: Tables, ago: number, count: number): Promise<Day> {
  const day = new Date(Date.now() - ago * 86_400_000);
  const wal = async () =>
    Number((await tables.one<{ at: string }>(`SELECT pg_current_wal_insert_lsn() - '0/0' AS at`)).at);
  const before = await wal();
  if (tables.way === 'partitions')
    await tables.client.query(makePartitions(day) + makePartitions(new Date(day.getTime() + 86_400_000)));
  const writing = await tables.cpuOf(() => write(tables, day, count));
  const retiring = await tables.cpuOf(() => retire(tables, ago - 1));
  await tables.client.query('SELECT pg_stat_force_next_flush()');
  const { bytes, dead } = await tables.one<{ bytes: string; dead: string }>(
    `SELECT sum(pg_total_relation_size(relid)) AS bytes, sum(n_dead_tup) AS dead FROM pg_stat_user_tables WHERE schemaname = current_schema() AND relname ~ '^(out|in)box'`,
  );
  const vacuuming = await tables.cpuOf(() => vacuum(tables));
  return {
    writing,
    retiring,
    vacuuming,
    logged: (await wal()) - before,
    bytes: Number(bytes),
    dead: Number(dead),
  };
}
