import { voteCast } from '@agora/contracts';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { eventually } from '@agora/testing';
import pg from 'pg';
import { boundTables, joinPartitions, partitionTables } from '../src/migrating.js';
import { applyMessage } from '../src/operating.js';
import { onBatch } from '../src/index.js';
import { newEventId } from '../src/retain/event-ids.js';
import { startPurging } from '../src/retention.js';
import {
  allPublished,
  correlation,
  envelopeOf,
  logger,
  openMessaging,
  type OwnMessaging,
} from './own-messaging.js';

const day = 86_400_000;
const midnight = Date.now() - (Date.now() % day);
const dateOf = (milliseconds: number) =>
  new Date(milliseconds).toISOString().slice(0, 10).replaceAll('-', '');

let own: OwnMessaging;

const partitionsOf = async (table: string) =>
  (
    await own.rows<{ name: string }>(
      `SELECT relname AS name FROM pg_inherits JOIN pg_class ON oid = inhrelid WHERE inhparent = $1::regclass ORDER BY relname`,
      [table],
    )
  ).map(({ name }) => name);

/** Runs the service's own job until the assertion holds. */
async function purgeUntil(assertion: () => Promise<void>): Promise<void> {
  const pool = new pg.Pool(own.connection);
  const purging = startPurging(pool, logger, 20);
  try {
    await eventually(assertion);
  } finally {
    await purging.stop();
    await pool.end();
  }
}

describe('retention by partition', () => {
  beforeAll(async () => {
    own = await openMessaging();
    await own.rows('CREATE TABLE counted (id uuid)');
  });
  afterAll(() => own.stop());

  it('drops expired partitions, and none with events that are unpublished or were published lately', async () => {
    // As if there had been partitions for three weeks.
    await own.rows(`DROP TABLE outbox_before_${dateOf(midnight)}`);
    const past = (days: number) => `outbox_${dateOf(midnight - days * day)}`;
    for (const days of [6, 7, 9, 10, 11])
      await own.rows(`
        CREATE TABLE ${past(days)} PARTITION OF outbox (PRIMARY KEY (sequence))
          FOR VALUES FROM ('${new Date(midnight - days * day).toISOString()}') TO ('${new Date(midnight - (days - 1) * day).toISOString()}');
        INSERT INTO outbox (event_id, envelope, created_at, published_at)
          SELECT gen_random_uuid(), '{}', '${new Date(midnight - days * day).toISOString()}', now() - interval '${days} days' FROM generate_series(1, 100)`);
    await own.rows(
      `UPDATE ${past(10)} SET published_at = NULL WHERE sequence = (SELECT min(sequence) FROM ${past(10)})`,
    );
    await own.rows(
      `UPDATE ${past(11)} SET published_at = now() - interval '6 days' WHERE sequence = (SELECT min(sequence) FROM ${past(11)})`,
    );
    await purgeUntil(async () => {
      const left = await partitionsOf('outbox');
      expect(left).toEqual(expect.arrayContaining([6, 7, 10, 11].map(past)));
      expect(left).not.toContain(past(9));
      // What is late leaves its partition one by one.
      expect(
        await own.rows(
          `SELECT count(*)::int AS count FROM outbox WHERE created_at < now() - interval '9 days'`,
        ),
      ).toEqual([{ count: 2 }]);
    });
  });

  it('accepts every event even without a partition for it, and moves the events once it is created', async () => {
    const tomorrow = `outbox_${dateOf(midnight + day)}`;
    await own.rows(`DROP TABLE ${tomorrow}`);
    const add = (createdAt: string) =>
      own.rows<{ partition: string }>(
        `INSERT INTO outbox (event_id, envelope, created_at) VALUES (gen_random_uuid(), '{}', ${createdAt}) RETURNING tableoid::regclass AS partition`,
      );
    const soon = `'${new Date(midnight + day).toISOString()}'`;
    const added = [
      await add(soon),
      await add(`now() + interval '1 year'`),
      await add(`now() - interval '1 year'`),
    ];
    expect(added).toEqual(added.map(() => [{ partition: 'outbox_default' }]));
    const inboxOf = async (milliseconds: number) =>
      (
        await own.rows<{ partition: string }>(
          'INSERT INTO inbox (event_id) VALUES ($1) RETURNING tableoid::regclass AS partition',
          [newEventId(milliseconds)],
        )
      )[0]?.partition;
    expect(await inboxOf(Date.now() + 300 * day)).toBe('inbox_default');
    expect(await inboxOf(Date.now())).toMatch(/^inbox_\d{8}$/);
    const place = `SELECT tableoid::regclass AS partition FROM outbox WHERE created_at = ${soon}`;
    await purgeUntil(async () => expect(await own.rows(place)).toEqual([{ partition: tomorrow }]));
    expect(await own.rows(`SELECT FROM outbox_default`)).toHaveLength(2);
  });

  it('applies an event once, whichever side of the boundary of two partitions it is on', async () => {
    const [, until] =
      /TO \('(\d+)'\)/.exec(
        (
          await own.rows<{ bound: string }>(
            `SELECT pg_get_expr(relpartbound, oid) AS bound FROM pg_class WHERE relname ~ '^inbox_[0-9]{8}$' ORDER BY relname LIMIT 1`,
          )
        )[0]?.bound ?? '',
      ) ?? [];
    const boundary = Number(until);
    const ids = [newEventId(boundary - 1), newEventId(boundary), envelopeOf().id];
    const subscriptions = [
      onBatch([voteCast], async (envelopes, transaction) => {
        await own.database.query('INSERT INTO counted SELECT unnest($1::uuid[])', {
          bind: [envelopes.map(({ id }) => id)],
          transaction,
        });
      }),
    ];
    const options = { subscriptions, database: own.database, correlation };
    const messages = ids.map((id) => ({ subject: voteCast.type, body: JSON.stringify(envelopeOf(id)) }));
    await Promise.all(
      [...messages, ...messages, ...messages].map((message) => applyMessage(message, options)),
    );
    expect((await own.rows<{ id: string }>('SELECT id FROM counted')).map(({ id }) => id).toSorted()).toEqual(
      ids.toSorted(),
    );
  });
});

describe('the migration to partitions', () => {
  const rows = 100_000;

  beforeEach(async () => {
    own = await openMessaging(false);
    await own.rows(
      `INSERT INTO outbox (event_id, envelope, published_at) SELECT gen_random_uuid(), '{}', now() - n * interval '1 second' FROM generate_series(1, ${rows}) AS n`,
    );
    await own.rows(`INSERT INTO inbox (event_id) SELECT event_id FROM outbox`);
  });
  afterEach(() => own.stop());

  const inTransaction = <Result>(
    work: (transaction: Parameters<typeof partitionTables>[1]) => Promise<Result>,
  ) => own.database.transaction(work);
  const tables = () => own.database.getQueryInterface();
  async function migrate(): Promise<number> {
    while (await inTransaction((transaction) => boundTables(tables(), transaction)));
    return inTransaction(async (transaction) => {
      const rowsRead = async () => {
        const [[row]] = (await own.database.query(
          `SELECT sum(seq_tup_read)::int AS count FROM pg_stat_xact_user_tables WHERE relname ~ '^(in|out)box'`,
          { transaction },
        )) as [[{ count: number }], unknown];
        return row.count;
      };
      const before = await rowsRead();
      await partitionTables(tables(), transaction);
      return (await rowsRead()) - before;
    });
  }

  it('reads no rows while it blocks writers, and lets the previous release continue: nothing fails, is lost or applied twice', async () => {
    const pool = new pg.Pool({ ...own.connection, max: 4, lock_timeout: 1_000, statement_timeout: 3_000 });
    let isDone = false;
    const twice: string[] = [];
    const added: string[] = [];
    // As the release before does it: it knows of no partitions, and is told of events by releases that give ids with a time.
    const writeOn = async (newId: () => string) => {
      while (!isDone) {
        const id = newId();
        await pool.query(`INSERT INTO outbox (event_id, envelope) SELECT $1, '{}'`, [id]);
        for (let time = 0; time < 2; time += 1) {
          const { rows: fresh } = await pool.query(
            `INSERT INTO inbox (event_id) SELECT id FROM unnest($1::uuid[]) AS given (id) ORDER BY id ON CONFLICT DO NOTHING RETURNING event_id`,
            [[id]],
          );
          if (fresh.length !== 1 - time) twice.push(id);
        }
        added.push(id);
        await pool.query(
          `UPDATE outbox SET published_at = now() WHERE sequence = ANY(ARRAY(SELECT sequence FROM outbox WHERE published_at IS NULL ORDER BY sequence LIMIT 256))`,
        );
      }
    };
    const writers = [() => newEventId(Date.now()), () => envelopeOf().id].map(writeOn);
    const read = await migrate();
    const before = added.length;
    await eventually(() => expect(added.length).toBeGreaterThan(before + 20));
    isDone = true;
    await Promise.all(writers);
    await pool.end();
    expect(twice).toEqual([]);
    // Of each table one, to see whether it is empty.
    expect(read).toBeLessThan(10);
    expect(
      await own.rows('SELECT count(*)::int AS count, count(DISTINCT sequence)::int AS places FROM outbox'),
    ).toEqual([{ count: rows + added.length, places: rows + added.length }]);
    expect(
      await own.rows('SELECT FROM unnest($1::uuid[]) AS id WHERE id NOT IN (SELECT event_id FROM inbox)', [
        added,
      ]),
    ).toEqual([]);
    // And the new release publishes and applies from there.
    const relay = own.relay();
    await own.fillOutbox(10);
    await allPublished(own);
    await relay.stop();
  }, 60_000);

  it('can be reverted and applied again with all data', async () => {
    await migrate();
    await own.rows(`INSERT INTO outbox (event_id, envelope) VALUES ($1, '{}')`, [newEventId(Date.now())]);
    await own.rows('INSERT INTO inbox (event_id) SELECT event_id FROM outbox ON CONFLICT DO NOTHING');
    const contents = () =>
      own.rows(
        `SELECT (SELECT md5(string_agg(outbox::text, '' ORDER BY sequence)) FROM outbox) AS outbox, (SELECT md5(string_agg(inbox::text, '' ORDER BY event_id)) FROM inbox) AS inbox`,
      );
    const before = await contents();
    await inTransaction((transaction) => joinPartitions(tables(), transaction));
    expect(await contents()).toEqual(before);
    await expect(own.rows('INSERT INTO inbox SELECT * FROM inbox LIMIT 1')).rejects.toThrow('inbox_pkey');
    await migrate();
    expect(await contents()).toEqual(before);
    const [next] = await own.rows<{ sequence: string }>(
      `INSERT INTO outbox (event_id, envelope) VALUES (gen_random_uuid(), '{}') RETURNING sequence`,
    );
    expect(Number(next?.sequence)).toBeGreaterThan(rows + 1);
  }, 60_000);
});
