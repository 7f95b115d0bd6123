import { expect, it } from '@jest/globals';
import { connectDatabase } from '@agora/database';
import { currentStack, query } from '@agora/testing';
import { deleteExpiredCounters } from '../../src/limits/delete-expired-counters.js';

it('deletes all expired counters, however many, and no others', async () => {
  await query('INSERT INTO auth.rate_limits SELECT $1 || n, 1, 1 FROM generate_series(1, 2500) n', ['old:']);
  await query('INSERT INTO auth.rate_limits VALUES ($1, 1, $2)', ['current:1', Date.now() + 60_000]);
  const { postgres, databasePasswords, worker } = currentStack();
  const settings = {
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: postgres.port,
    DATABASE_NAME: worker.database,
    DATABASE_USER: 'auth_app',
    DATABASE_PASSWORD: databasePasswords.auth.app,
    DATABASE_POOL_MAX: 2,
  };
  const database = connectDatabase(settings, 'test', []);
  await deleteExpiredCounters();
  await database.close();
  const left = await query<{ key: string }>(`SELECT key FROM auth.rate_limits WHERE key ~ '^(old|current):'`);
  expect(left).toEqual([{ key: 'current:1' }]);
});
