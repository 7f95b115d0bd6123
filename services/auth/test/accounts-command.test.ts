import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  currentStack,
  eventually,
  httpClient,
  compileCache,
  join,
  mailTo,
  query,
  startAgora,
  testSecret,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

const script = fileURLToPath(new URL('../dist/accounts-command.js', import.meta.url));
let agora: Agora;
let ask: HttpClient;

beforeAll(async () => {
  agora = await startAgora(['auth', 'posts', 'votes']);
  ask = httpClient(agora.process('auth').url);
}, 30_000);
afterAll(() => agora.stop());

function accounts(...args: string[]) {
  const { postgres, databasePasswords, worker } = currentStack();
  const env = {
    ...compileCache,
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: worker.database,
    DATABASE_USER: 'auth_app',
    DATABASE_PASSWORD: databasePasswords.auth.app,
    POSTS_INTERNAL_URL: agora.process('posts').internalUrl,
    POSTS_INTERNAL_SECRET: testSecret,
    VOTES_INTERNAL_URL: agora.process('votes').internalUrl,
    VOTES_INTERNAL_SECRET: testSecret,
  };
  const { status, stdout, stderr } = spawnSync(process.execPath, [script, ...args], {
    env,
    encoding: 'utf8',
  });
  const json = () => {
    expect(stderr).toBe('');
    return JSON.parse(stdout) as Record<string, unknown>;
  };
  return { status, stdout, stderr, json };
}

const logIn = ({ email, password }: Person) => ask('POST', '/login', { form: { username: email, password } });
const isOut = ({ token }: Person) =>
  eventually(async () => expect((await ask('GET', '/users/me', { token })).status).toBe(401), 2_000);

describe('npm run accounts', () => {
  it('makes the first admin, shows accounts, and each act is in the log without an actor', async () => {
    const ann = await join(ask);
    expect(accounts('grant', ann.email, 'admin', '--json').json()).toEqual({
      done: 'grant',
      user_id: ann.id,
    });
    await isOut(ann);
    const token = String((await logIn(ann)).body.access_token);
    expect((await ask('GET', '/users/me', { token })).body.role).toBe('admin');
    expect(accounts('show', String(ann.id), '--json').json()).toMatchObject({
      account: { email: ann.email, role: 'admin', banned_until: null },
    });
    expect(accounts('list', ann.email, '--json').json().accounts).toHaveLength(1);
    expect(accounts('list').stdout).toContain(ann.email);
    await eventually(async () =>
      expect(
        await query('SELECT actor_id, action, reason FROM posts.moderation_log WHERE user_id = $1', [ann.id]),
      ).toEqual([{ actor_id: null, action: 'role-changed', reason: 'admin' }]),
    );
  });

  it('bans, unbans, ends sessions, sends a reset and deletes, each at once everywhere', async () => {
    const ben = await join(ask);
    expect(accounts('ban', ben.email, '--reason', 'Spam', '--until', '2099-01-01T00:00:00Z').status).toBe(0);
    await isOut(ben);
    expect((await logIn(ben)).body.code).toBe('banned');
    expect(accounts('unban', ben.email).status).toBe(0);
    const again = { ...ben, token: String((await logIn(ben)).body.access_token) };
    expect(accounts('end-sessions', String(ben.id)).status).toBe(0);
    await isOut(again);
    expect(accounts('reset-password', ben.email).status).toBe(0);
    expect((await mailTo(ben.email, /password/i)).text).toContain('#reset-password=');
    expect(accounts('delete', ben.email).status).toBe(2);
    expect(accounts('delete', ben.email, '--yes').status).toBe(0);
    expect((await logIn(ben)).body.code).toBe('invalid_credentials');
    const acts = await query<{ action: string }>(
      'SELECT action FROM auth.moderation_acts WHERE user_id = $1 AND actor_id IS NULL ORDER BY acted_at',
      [ben.id],
    );
    expect(acts.map(({ action }) => action)).toEqual([
      'user-banned',
      'user-unbanned',
      'sessions-ended',
      'password-reset-sent',
      'user-deleted',
    ]);
  }, 60_000);

  it('exports what is kept of somebody', async () => {
    const ann = await join(ask);
    const { status, json } = accounts('export', ann.email);
    expect([status, json()]).toMatchObject([0, { account: { id: ann.id }, posts: [], votes: [] }]);
  });

  it.each([
    [[], /say list/],
    [['list', 'a', 'b'], /too much/],
    [['grant', '1', 'owner'], /say which role/],
    [['ban', '1'], /needs a --reason/],
    [['ban', '1', '--reason', 'x', '--until', '2020-01-01T00:00:00Z'], /a time to come/],
    [['show', 'nobody'], /an id or an e-mail/],
  ])('says what is wrong with %j', (args, complaint) => {
    const { status, stderr } = accounts(...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(complaint)]);
  });

  it('says so when there is no such account', () => {
    const { status, stderr } = accounts('show', 'nobody@example.test');
    expect([status, stderr]).toEqual([1, 'auth: accounts: there is no such account\n']);
  });
});
