import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { currentStack, eventually } from '@agora/testing';
import type { Sequelize } from 'sequelize-typescript';
import { connectDatabase, waitingStatements } from '../src/index.js';

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
