import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentStack, eventually } from '@agora/testing';
import type { Sequelize } from 'sequelize-typescript';
import {
  connectDatabase,
  gather,
  inTransaction,
  isDatabaseUnavailable,
  runSharedStatement,
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

describe('a shared statement', () => {
  const moment = {
    name: 'moment',
    text: 'SELECT $1::int AS given, pg_current_xact_id()::text AS transaction',
  };

  it('runs once for all who ask for the same in one turn', async () => {
    const [first, same, other] = await Promise.all([
      runSharedStatement(moment, [1]),
      runSharedStatement(moment, [1]),
      runSharedStatement(moment, [2]),
    ]);
    expect(same).toBe(first);
    expect(other).toEqual([expect.objectContaining({ given: 2 })]);
    expect(other?.[0]?.transaction).not.toBe(first?.[0]?.transaction);
  });

  it('runs anew for who asks later, though an earlier one is still running', async () => {
    const earlier = runSharedStatement(moment, [1]);
    await new Promise((resolve) => setImmediate(resolve));
    const later = runSharedStatement(moment, [1]);
    expect((await later)[0]?.transaction).not.toBe((await earlier)[0]?.transaction);
  });

  it('fails for all who ask, and then no more', async () => {
    const wrong = { text: 'SELECT 1 / $1::int' };
    const asked = [runSharedStatement(wrong, [0]), runSharedStatement(wrong, [0])];
    for (const each of asked) await expect(each).rejects.toMatchObject({ code: '22012' });
    expect(await runSharedStatement(wrong, [1])).toHaveLength(1);
  });
});

describe('what is gathered', () => {
  it('is answered by one call in the order of the questions, and who asks later by another', async () => {
    const calls: number[][] = [];
    const twice = gather(async (numbers: readonly number[]) => {
      calls.push([...numbers]);
      return numbers.map((number) => number * 2);
    });
    expect(await Promise.all([twice(1), twice(3), twice(1)])).toEqual([2, 6, 2]);
    expect(await twice(1)).toBe(2);
    expect(calls).toEqual([[1, 3, 1], [1]]);
  });

  it('fails together', async () => {
    const never = gather(() => Promise.reject(new Error('away')));
    for (const each of [never(1), never(2)]) await expect(each).rejects.toThrow('away');
  });
});
