import { randomInt } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { currentStack, query, whileLocked } from '@agora/testing';
import { Column, DataType, Model, Table, type Sequelize } from 'sequelize-typescript';
import {
  connectDatabase,
  databaseAnswers,
  defineStatement,
  inTransaction,
  isDatabaseUnavailable,
  sql,
} from '../src/index.js';

@Table({ tableName: 'voters' })
class Voter extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;
}

const read = defineStatement('read-voters', 'SELECT * FROM voters WHERE id = $1', { prepared: true });
const write = defineStatement('write-voter', 'INSERT INTO voters (id) VALUES ($1) RETURNING id');
const pid = defineStatement('pid', 'SELECT pg_backend_pid() AS pid');

let database: Sequelize;
// Other files leave voters in the same database; none has these names.
let nextId = 2_000_000_000 + randomInt(100_000_000);
const nobody = -1;
const open = (maxAgeSeconds?: number) => {
  const { postgres, worker, databasePasswords } = currentStack();
  database = connectDatabase(
    {
      DATABASE_HOST: postgres.host,
      DATABASE_PORT: postgres.port,
      DATABASE_NAME: worker.database,
      DATABASE_USER: 'votes_app',
      DATABASE_PASSWORD: databasePasswords.votes.app,
      DATABASE_POOL_MAX: 4,
      ...(maxAgeSeconds && { DATABASE_CONNECTION_MAX_AGE_SECONDS: maxAgeSeconds }),
    },
    'useless-connections-test',
    [Voter],
  );
};

/** Has the pools open all the connections that they may. */
const fillPools = () =>
  Promise.all(
    [nobody, nobody - 1].flatMap((n) => [
      sql(read, [n]),
      inTransaction((transaction) => sql(read, [n], transaction)),
    ]),
  );

const setReadOnly = (isReadOnly: boolean) =>
  query(
    `ALTER ROLE votes_app IN DATABASE "${currentStack().worker.database}" ` +
      (isReadOnly ? 'SET default_transaction_read_only = on' : 'RESET default_transaction_read_only'),
  );

/** By a connection of its own, which takes longer to end than the pools to notice. */
const endConnections = () =>
  query(
    `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'useless-connections-test'`,
    [],
    currentStack().worker.database,
  );

beforeEach(() => open());
afterEach(() => database.close());

describe('connections to a server that has become a standby', () => {
  beforeEach(async () => {
    await setReadOnly(true);
    await fillPools();
    await setReadOnly(false);
  });

  it('are dropped at the first write, which succeeds', async () => {
    const id = nextId++;
    expect(await databaseAnswers(database)).toBe(false);
    expect(await sql(write, [id])).toEqual([{ id }]);
    expect(await databaseAnswers(database)).toBe(true);
  });

  it('are dropped at the first transaction, in which a model writes', async () => {
    const id = nextId++;
    await inTransaction((transaction) => Voter.create({ id }, { transaction }));
    expect(await Voter.count({ where: { id } })).toBe(1);
  });
});

describe('connections that the server has ended', () => {
  it('fail no read, neither of a statement nor of a model', async () => {
    await fillPools();
    await endConnections();
    expect(await sql(read, [nobody])).toEqual([]);
    await fillPools();
    await endConnections();
    expect(await Voter.findByPk(nobody)).toBeNull();
  });
});

describe('plans that a migration has broken', () => {
  it('fail no read and no transaction', async () => {
    await fillPools();
    await query('ALTER TABLE votes.voters ADD COLUMN extra int');
    try {
      expect(await fillPools()).toEqual([[], [], [], []]);
    } finally {
      await query('ALTER TABLE votes.voters DROP COLUMN extra');
    }
    expect(await fillPools()).toEqual([[], [], [], []]);
  });
});

it('closes connections at the configured age, however much they are used', async () => {
  await database.close();
  open(1);
  const used = new Set<unknown>();
  for (const end = performance.now() + 1_500; performance.now() < end;) used.add((await sql(pid))[0]?.pid);
  expect(used.size).toBeGreaterThanOrEqual(2);
  expect(used.size).toBeLessThanOrEqual(3);
});

it('reads while the most possible clients wait for a locked row', async () => {
  const id = nextId++;
  await sql(write, [id]);
  const change = defineStatement('change-voter', 'UPDATE voters SET deleted_at = now() WHERE id = $1');
  await whileLocked('SELECT FROM votes.voters WHERE id = $1 FOR UPDATE', [id], async () => {
    const waiting = Promise.allSettled(Array.from({ length: 20 }, () => sql(change, [id])));
    const began = performance.now();
    for (let n = 0; n < 20; n += 1) await sql(read, [id]);
    await Voter.findByPk(id);
    expect(performance.now() - began).toBeLessThan(800);
    await waiting;
  });
});

it('refuses to run anything in a transaction that has ended', async () => {
  const ended = await inTransaction(async (transaction) => transaction);
  await expect(sql(read, [1], ended)).rejects.toThrow('has ended');
});

it('treats a missing column or table of a pending migration as a database that cannot serve yet', async () => {
  const texts = ['SELECT not_there_yet FROM voters', 'SELECT FROM not_there_yet'];
  const errors = await Promise.all(
    texts.map((text, index) =>
      sql(defineStatement(`pending-${index}`, text), []).catch((error: unknown) => error),
    ),
  );

  expect(errors.map(isDatabaseUnavailable)).toEqual([true, true]);
});
