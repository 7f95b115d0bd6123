import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentStack, eventually } from '@agora/testing';
import type { Sequelize } from 'sequelize-typescript';
import {
  connectDatabase,
  inTransaction,
  isDatabaseUnavailable,
  runStatement,
  waitingStatements,
} from '../src/index.js';

let database: Sequelize;

beforeAll(() => {
  const { postgres, worker } = currentStack();
  database = connectDatabase(
    {
      DATABASE_HOST: postgres.host,
      DATABASE_PORT: postgres.port,
      DATABASE_NAME: worker.database,
      DATABASE_USER: postgres.user,
      DATABASE_PASSWORD: postgres.password,
      DATABASE_POOL_MAX: 2,
    },
    'pool-test',
    [],
  );
});
afterAll(() => database.close());

it('tells how many statements wait for a connection', async () => {
  expect(waitingStatements(database)).toBe(0);
  const asked = Promise.all([1, 2, 3, 4, 5].map(() => database.query('SELECT pg_sleep(0.2)')));
  await eventually(() => expect(waitingStatements(database)).toBe(3));
  await asked;
  expect(waitingStatements(database)).toBe(0);
});

describe('a statement', () => {
  const current = {
    name: 'current',
    text: 'SELECT $1::int AS given, pg_current_xact_id()::text AS transaction',
  };

  it('is parsed once by each connection', async () => {
    for (const given of [1, 2, 3])
      expect(await runStatement(current, [given])).toEqual([expect.objectContaining({ given })]);
    const prepared = await runStatement(
      {
        text: `SELECT (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements WHERE name = 'current'`,
      },
      [],
    );
    expect(prepared).toEqual([{ runs: 3 }]);
  });

  it('runs in the transaction that it is given, and in none that has ended', async () => {
    const both = await inTransaction(async (transaction) => {
      const first = await runStatement(current, [1], transaction);
      return [...first, ...(await runStatement(current, [1], transaction))];
    });
    expect(both[0]).toEqual(both[1]);
    const ended = await inTransaction(async (transaction) => transaction);
    await expect(runStatement(current, [1], ended)).rejects.toThrow('has ended');
  });

  it('gives its connection back when it fails', async () => {
    const wrong = { text: 'SELECT 1 / $1::int' };
    for (const zero of [0, 0, 0])
      await expect(runStatement(wrong, [zero])).rejects.toMatchObject({ code: '22012' });
    expect(await runStatement(current, [1])).toHaveLength(1);
  });

  it('meets a connection that the server has ended once at most, and then another', async () => {
    const suicide = { text: 'SELECT pg_terminate_backend(pg_backend_pid())' };
    const error = await runStatement(suicide, []).catch((reason: unknown) => reason);
    expect(isDatabaseUnavailable(error)).toBe(true);
    await eventually(async () => expect(await runStatement(current, [1])).toHaveLength(1));
  });
});
