import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  compileCache,
  currentStack,
  httpClient,
  join,
  mailTo,
  query,
  startAgora,
  type Agora,
} from '@agora/testing';

const script = fileURLToPath(new URL('../../dist/mails-command.js', import.meta.url));

function runMails(...args: string[]) {
  const { postgres, databasePasswords, worker } = currentStack();
  const env = {
    ...compileCache,
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: worker.database,
    DATABASE_USER: 'auth_app',
    DATABASE_PASSWORD: databasePasswords.auth.app,
  };
  return spawnSync(process.execPath, [script, ...args], { env, encoding: 'utf8' });
}

let agora: Agora;
beforeAll(async () => {
  agora = await startAgora(['auth']);
});
afterAll(() => agora.stop());

it('lists mails that were given up, sends one again and discards another', async () => {
  const ann = await join(httpClient(agora.process('auth').url));
  await mailTo(ann.email, /^Confirm/);
  const kept = await query<{ id: string }>(
    `INSERT INTO auth.mails (kind, user_id, email, failed_at, last_error)
     SELECT kind, $1, $2, now(), 'EENVELOPE 550' FROM unnest(ARRAY['email-changed', 'password-changed']) AS kind RETURNING id`,
    [ann.id, ann.email],
  );
  const [retried = '', discarded = ''] = kept.map(({ id }) => id);
  const listed = runMails('list', '--json');
  const { mails } = JSON.parse(listed.stdout) as { mails: { id: string; last_error: string }[] };
  expect(mails.filter(({ id }) => id === retried)).toMatchObject([{ last_error: 'EENVELOPE 550' }]);
  expect(runMails('list').stdout).toMatch(/EENVELOPE 550/);
  expect(runMails('retry', retried).stdout).toBe('auth: 1 done\n');
  await mailTo(ann.email, /^Your e-mail address was changed/);
  expect(runMails('discard', discarded).stdout).toBe('auth: 1 done\n');
  expect(await query('SELECT 1 FROM auth.mails WHERE user_id = $1', [ann.id])).toEqual([]);
  // Five processes start in it.
}, 60_000);

it.each([
  [[], 2],
  [['retry'], 2],
  [['discard', 'x'], 2],
  [['retry', '00000000-0000-0000-0000-000000000000'], 1],
])('ends %j with code %i and says why', (args, code) => {
  const { status, stderr } = runMails(...args);
  expect([status, stderr.startsWith('auth: mails: ')]).toEqual([code, true]);
});
