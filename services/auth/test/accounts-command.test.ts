import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  mailTo,
  openCommands,
  query,
  startAgora,
  testSecret,
  type Agora,
  type Commands,
  type HttpClient,
  type Person,
} from '@agora/testing';

let agora: Agora;
let ask: HttpClient;
let commands: Commands;

beforeAll(async () => {
  agora = await startAgora(['auth', 'posts', 'votes']);
  ask = httpClient(agora.process('auth').url);
  commands = openCommands('auth', {
    POSTS_INTERNAL_URL: agora.process('posts').internalUrl,
    POSTS_INTERNAL_SECRET: testSecret,
    VOTES_INTERNAL_URL: agora.process('votes').internalUrl,
    VOTES_INTERNAL_SECRET: testSecret,
  });
}, 120_000);
afterAll(async () => {
  await commands.stop();
  await agora.stop();
});

async function accounts(...args: string[]) {
  const ran = await commands.run<Record<string, unknown>>('accounts', args);
  const json = () => {
    expect(ran.code).toBe(0);
    return ran.json;
  };
  return { status: ran.code, stdout: ran.stdout, stderr: ran.stderr, json };
}

const logIn = ({ email, password }: Person) => ask('POST', '/login', { form: { username: email, password } });
const isOut = ({ token }: Person) =>
  eventually(async () => expect((await ask('GET', '/users/me', { token })).status).toBe(401), 2_000);

describe('npm run accounts', () => {
  it('appoints the first admin, shows accounts, and logs each act without an actor', async () => {
    const ann = await join(ask);
    expect((await accounts('grant', ann.email, 'admin', '--json', '--yes')).json()).toEqual({
      done: 'grant',
      user_id: ann.id,
    });
    await isOut(ann);
    const token = String((await logIn(ann)).body.access_token);
    expect((await ask('GET', '/users/me', { token })).body.role).toBe('admin');
    expect((await accounts('show', String(ann.id), '--json')).json()).toMatchObject({
      account: { email: ann.email, role: 'admin', banned_until: null },
    });
    expect((await accounts('list', ann.email, '--json')).json().accounts).toHaveLength(1);
    expect((await commands.start('accounts', ['list'])).stdout).toContain(ann.email);
    await eventually(async () =>
      expect(
        await query('SELECT actor_id, action, reason FROM posts.moderation_log WHERE user_id = $1', [ann.id]),
      ).toEqual([{ actor_id: null, action: 'role-changed', reason: 'admin' }]),
    );
  });

  it('bans, unbans, ends sessions, sends a reset and deletes, each at once everywhere', async () => {
    const ben = await join(ask);
    const until = ['--until', '2099-01-01T00:00:00Z'];
    expect((await accounts('ban', ben.email, '--reason', 'Spam', ...until, '--yes')).status).toBe(0);
    await isOut(ben);
    expect((await logIn(ben)).body.code).toBe('banned');
    expect((await accounts('unban', ben.email, '--yes')).status).toBe(0);
    const again = { ...ben, token: String((await logIn(ben)).body.access_token) };
    expect((await accounts('end-sessions', String(ben.id), '--yes')).status).toBe(0);
    await isOut(again);
    expect((await accounts('reset-password', ben.email, '--yes')).status).toBe(0);
    expect((await mailTo(ben.email, /password/i)).text).toContain('#reset-password=');
    const dry = await accounts('delete', ben.email, '--dry-run');
    const plan = `auth: delete ${ben.id} (user_${ben.id}, ${ben.email}, user, 0 sessions)\n`;
    expect([dry.status, dry.stdout]).toEqual([0, plan]);
    const unasked = await accounts('delete', ben.email);
    expect([unasked.status, unasked.stderr]).toEqual([1, expect.stringContaining('say --yes')]);
    expect((await accounts('delete', ben.email, '--yes')).status).toBe(0);
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

  it('exports what is kept of an account', async () => {
    const ann = await join(ask);
    const { status, json } = await accounts('export', ann.email);
    expect([status, json()]).toMatchObject([0, { account: { id: ann.id }, posts: [], votes: [] }]);
  });

  it.each([
    [[], /say list/],
    [['list', 'a', 'b'], /too much/],
    [['grant', '1', 'owner'], /say which role/],
    [['ban', '1'], /needs a --reason/],
    [['ban', '1', '--reason', 'x', '--until', '2020-01-01T00:00:00Z'], /a time to come/],
    [['show', 'nobody'], /an id or an e-mail/],
  ])('says what is wrong with %j', async (args, complaint) => {
    const { status, stderr } = await accounts(...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(complaint)]);
  });

  it('reports a missing account', async () => {
    const { status, stderr } = await accounts('show', 'nobody@example.test');
    expect([status, stderr]).toEqual([1, 'auth: accounts: there is no such account\n']);
  });
});
