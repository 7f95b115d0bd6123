import { expect, it } from '@jest/globals';
import { connectDatabase } from '@agora/database';
import { currentStack, freshId, query } from '@agora/testing';
import { purgeIdempotencyKeys } from '../src/purge-idempotency-keys.js';

it('deletes all expired answers, however many, and no others', async () => {
  const user = freshId();
  await query(
    `INSERT INTO posts.idempotency_keys (user_id, key, body_digest, status, headers, body, created_at)
     SELECT $1, n, '', 201, '{}', '', now() - least(n, 24) * interval '1 hour' FROM generate_series(23, 2500) n`,
    [user],
  );
  const { postgres, databasePasswords, worker } = currentStack();
  const settings = {
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: postgres.port,
    DATABASE_NAME: worker.database,
    DATABASE_USER: 'posts_app',
    DATABASE_PASSWORD: databasePasswords.posts.app,
    DATABASE_POOL_MAX: 2,
  };
  const database = connectDatabase(settings, 'test', []);
  await purgeIdempotencyKeys();
  await database.close();
  const left = await query('SELECT key FROM posts.idempotency_keys WHERE user_id = $1', [user]);
  expect(left).toEqual([{ key: '23' }]);
});
