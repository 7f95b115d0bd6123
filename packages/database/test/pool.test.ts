import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentStack, eventually } from '@agora/testing';
import type { Sequelize } from 'sequelize-typescript';
import {
  connectDatabase,
  defineStatement,
  gather,
  inTransaction,
  NobodyWaits,
  sharedSql,
  sql,
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

it('reports how many statements wait for a connection', async () => {
  expect(waitingStatements(database)).toBe(0);
  const asked = Promise.all([1, 2, 3, 4, 5].map(() => database.query('SELECT pg_sleep(0.2)')));
  await eventually(() => expect(waitingStatements(database)).toBe(4));
  await asked;
  expect(waitingStatements(database)).toBe(0);
});

const wrong = defineStatement('wrong', 'SELECT 1 / $1::int');

describe('a statement', () => {
  const current = defineStatement(
    'current',
    'SELECT $1::int AS given, pg_current_xact_id()::text AS transaction',
    { prepared: true },
  );

  it('is parsed once by each connection', async () => {
    for (const given of [1, 2, 3])
      expect(await sql(current, [given])).toEqual([expect.objectContaining({ given })]);
    const runs = defineStatement(
      'runs-of-current',
      `SELECT (generic_plans + custom_plans)::int AS runs FROM pg_prepared_statements WHERE name = 'current'`,
    );
    expect(await sql(runs)).toEqual([{ runs: 3 }]);
  });

  it('runs in the given transaction, unless that has ended', async () => {
    const both = await inTransaction(async (transaction) => {
      const first = await sql(current, [1], transaction);
      return [...first, ...(await sql(current, [1], transaction))];
    });
    expect(both[0]).toEqual(both[1]);
    const ended = await inTransaction(async (transaction) => transaction);
    await expect(sql(current, [1], ended)).rejects.toThrow('has ended');
  });

  it('releases its connection when it fails', async () => {
    for (const zero of [0, 0, 0]) await expect(sql(wrong, [zero])).rejects.toMatchObject({ code: '22012' });
    expect(await sql(current, [1])).toHaveLength(1);
  });

  it('is refused when another has the same name', () => {
    expect(() => defineStatement('current', 'SELECT 1')).toThrow('two statements are named "current"');
  });
});

describe('a shared statement', () => {
  const moment = defineStatement(
    'moment',
    'SELECT $1::int AS given, pg_current_xact_id()::text AS transaction',
    { prepared: true },
  );

  it('runs once for all callers that ask for the same rows in one turn', async () => {
    const [first, same, other] = await Promise.all([
      sharedSql(moment, [1]),
      sharedSql(moment, [1]),
      sharedSql(moment, [2]),
    ]);
    expect(same).toBe(first);
    expect(other).toEqual([expect.objectContaining({ given: 2 })]);
    expect(other?.[0]?.transaction).not.toBe(first?.[0]?.transaction);
  });

  it('runs again for a later caller, though an earlier one is still running', async () => {
    const earlier = sharedSql(moment, [1]);
    await new Promise((resolve) => setImmediate(resolve));
    const later = sharedSql(moment, [1]);
    expect((await later)[0]?.transaction).not.toBe((await earlier)[0]?.transaction);
  });

  it('does not run when no caller waits for it any more', async () => {
    let waits = true;
    const left = [sharedSql(moment, [1], () => waits), sharedSql(moment, [1], () => false)];
    waits = false;
    for (const each of left) await expect(each).rejects.toBeInstanceOf(NobodyWaits);
    const [gone, there] = [sharedSql(moment, [1], () => false), sharedSql(moment, [1], () => true)];
    expect(await there).toHaveLength(1);
    expect(await gone).toBe(await there);
  });

  it('fails for all callers of the turn, and for none of the next', async () => {
    const asked = [sharedSql(wrong, [0]), sharedSql(wrong, [0])];
    for (const each of asked) await expect(each).rejects.toMatchObject({ code: '22012' });
    expect(await sharedSql(wrong, [1])).toHaveLength(1);
  });
});

describe('a gathered question', () => {
  it('is answered by one call in the order of the questions, and a later question by another call', async () => {
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
