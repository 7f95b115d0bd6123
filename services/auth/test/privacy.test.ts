import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { connectDatabase } from '@agora/database';
import { currentStack, httpClient, join, query, shareAgora, type Agora, type Person } from '@agora/testing';
import { forgetOldData } from '../src/forget-old-data.js';

const page = readFileSync(new URL('../../../docs/privacy.md', import.meta.url), 'utf8');

let agora: Agora;
let ann: Person;

beforeAll(async () => {
  agora = await shareAgora(['auth']);
  ann = await join(httpClient(agora.process('auth').url));
});
afterAll(() => agora.stop());

it('docs/privacy.md lists every table', async () => {
  const tables = await query<{ schema: string; name: string }>(
    `SELECT nspname AS schema, relname AS name FROM pg_class JOIN pg_namespace AS schema ON schema.oid = relnamespace
     WHERE nspname IN ('auth', 'posts', 'votes') AND relkind IN ('r', 'p') AND NOT relispartition`,
  );
  const untold = tables.filter(
    ({ schema, name }) => !page.includes(`\`${schema}.${name}\``) && !page.includes(`\`${name}\``),
  );
  expect(untold).toEqual([]);
});

it('data with a retention time is deleted after it, and nothing else', async () => {
  const insert = (text: string) => query(text, [ann.id]);
  const device = (days: number) =>
    insert(`INSERT INTO auth.seen_devices SELECT $1, sha256('${days}'), now() - interval '${days} days'`);
  const mail = (days: number) =>
    insert(
      `INSERT INTO auth.mails (kind, user_id, email, failed_at) SELECT 'email-changed', $1, '${days}', now() - interval '${days} days'`,
    );
  const token = (purpose: string, minutes: number) =>
    insert(
      `INSERT INTO auth.mail_tokens SELECT sha256('${purpose}'), $1, '${purpose}', '', now() - interval '${minutes} minutes'`,
    );
  for (const days of [179, 181]) await device(days);
  for (const days of [29, 31]) await mail(days);
  await token('reset-password', 1);
  await token('privacy-test', -1);
  await forget();
  const left = await query<{ what: string }>(
    `SELECT 'device ' || (now()::date - seen_at::date) AS what FROM auth.seen_devices WHERE user_id = $1 AND seen_at < now() - interval '1 hour'
     UNION ALL SELECT 'mail ' || email FROM auth.mails WHERE user_id = $1 AND failed_at IS NOT NULL
     UNION ALL SELECT 'token ' || purpose FROM auth.mail_tokens WHERE user_id = $1 AND purpose <> 'confirm-email'
     ORDER BY what`,
    [ann.id],
  );
  expect(left.map(({ what }) => what)).toEqual(['device 179', 'mail 29', 'token privacy-test']);
});

it('a session’s address and agent are deleted within 30 days, the longest life of a session', async () => {
  const [row] = await query<{ days: number }>(
    `SELECT extract(epoch FROM expires_at - created_at)::float8 / 86400 AS days FROM auth.sessions WHERE user_id = $1`,
    [ann.id],
  );
  expect(row?.days).toBeLessThanOrEqual(30.001);
});

it('nothing of a deleted account is left in auth', async () => {
  const ask = httpClient(agora.process('auth').url);
  const bob = await join(ask);
  await ask('DELETE', '/users/me', { token: bob.token });
  const tables = await query<{ name: string }>(
    `SELECT table_name AS name FROM information_schema.columns WHERE table_schema = 'auth' AND column_name = 'user_id'`,
  );
  for (const { name } of tables) {
    if (name === 'moderation_log') continue;
    expect([name, await query(`SELECT 1 FROM auth.${name} WHERE user_id = $1`, [bob.id])]).toEqual([
      name,
      [],
    ]);
  }
  expect(await query('SELECT 1 FROM auth.users WHERE id = $1', [bob.id])).toEqual([]);
});

async function forget(): Promise<void> {
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
  await forgetOldData();
  await database.close();
}
