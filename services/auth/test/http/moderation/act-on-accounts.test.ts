import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  mailTo,
  query,
  shareAgora,
  type Agora,
  type Answer,
  type HttpClient,
  type Person,
} from '@agora/testing';

let agora: Agora;
let ask: HttpClient;
let moderator: Person;
let admin: Person;
let ann: Person;

/** Gives a user a role as an operator would, and a token with it. */
async function joinAs(role: string): Promise<Person> {
  const person = await join(ask);
  await query('UPDATE auth.users SET role = $2 WHERE id = $1', [person.id, role]);
  return { ...person, token: await logIn(person) };
}

const logInAs = ({ email, password }: Person, other = password) =>
  ask('POST', '/login', { form: { username: email, password: other } });
const logIn = async (person: Person) => String((await logInAs(person)).body.access_token);
const actsOn = (id: number) =>
  query('SELECT actor_id, action, reason FROM auth.moderation_acts WHERE user_id = $1 ORDER BY acted_at', [
    id,
  ]);

beforeAll(async () => {
  agora = await shareAgora(['auth']);
  ask = httpClient(agora.process('auth').url);
  [moderator, admin, ann] = await Promise.all([joinAs('moderator'), joinAs('admin'), join(ask)]);
}, 120_000);
afterAll(() => agora.stop());

const reason = 'Advertises in every comment.';
const ban = (id: unknown, by: Person, json: object = { reason }) =>
  ask('PUT', `/users/${String(id)}/ban`, { token: by.token, json });
const unban = (id: unknown, by: Person) => ask('DELETE', `/users/${String(id)}/ban`, { token: by.token });
const setRole = (id: unknown, role: unknown, by: Person) =>
  ask('PUT', `/users/${String(id)}/role`, { token: by.token, json: { role } });
const remove = (id: unknown, by: Person) => ask('DELETE', `/users/${String(id)}`, { token: by.token });
const summary = ({ status, body }: Answer) => [status, body.code];

describe('a ban', () => {
  it('ends all sessions and keeps the user out, even after a restart, until it is lifted', async () => {
    const ben = await join(ask);
    expect((await ban(ben.id, moderator)).status).toBe(204);
    expect((await ask('GET', '/users/me', { token: ben.token })).status).toBe(401);
    const refresh = { json: { refresh_token: ben.refreshToken } };
    expect((await ask('POST', '/refresh', refresh)).status).toBe(401);
    await agora.process('auth').end();
    await agora.process('auth').restart();
    expect(summary(await logInAs(ben))).toEqual([403, 'banned']);
    expect(summary(await logInAs(ben, 'another password'))).toEqual([403, 'invalid_credentials']);
    expect((await mailTo(ben.email, /banned/)).text).toContain(reason);
    expect((await unban(ben.id, moderator)).status).toBe(204);
    expect(summary(await unban(ben.id, moderator))).toEqual([404, 'ban_not_found']);
    expect((await logInAs(ben)).status).toBe(200);
    expect(await actsOn(ben.id)).toEqual([
      { actor_id: moderator.id, action: 'user-banned', reason },
      { actor_id: moderator.id, action: 'user-unbanned', reason: null },
    ]);
  });

  it('ends by itself when it expires', async () => {
    const ben = await join(ask);
    const until = new Date(Date.now() + 1_000).toISOString();
    expect((await ban(ben.id, moderator, { reason, until })).status).toBe(204);
    expect((await logInAs(ben)).status).toBe(403);
    await eventually(async () => expect((await logInAs(ben)).status).toBe(200));
    expect((await unban(ben.id, moderator)).status).toBe(404);
  });

  it.each([
    [{}, ['reason']],
    [{ reason: '' }, ['reason']],
    [{ reason: 'x'.repeat(501) }, ['reason']],
    [{ reason, until: '2020-01-01T00:00:00Z' }, ['until']],
    [{ reason, until: 'tomorrow' }, ['until']],
    [{ reason, until: '2027-02-30T00:00:00Z' }, ['until']],
    [{ reason, until: null }, ['until']],
    [{ reason: 7, until: 7 }, ['reason', 'until']],
  ])('is refused with %j', async (json, fields) => {
    const { status, body } = await ban(ann.id, moderator, json);
    expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, fields]);
    expect((await logInAs(ann)).status).toBe(200);
  });
});

describe('rights over other accounts', () => {
  it("exclude accounts of the same or a higher role, and one's own", async () => {
    const colleague = await joinAs('moderator');
    const notAllowed = [403, 'not_allowed'];
    for (const [by, on] of [
      [moderator, moderator],
      [moderator, colleague],
      [moderator, admin],
      [admin, admin],
      [ann, ann],
      [ann, moderator],
    ] as const) {
      expect(summary(await ban(on.id, by))).toEqual(notAllowed);
      expect(summary(await unban(on.id, by))).toEqual(notAllowed);
      expect(summary(await setRole(on.id, 'user', by))).toEqual(notAllowed);
      expect(summary(await remove(on.id, by))).toEqual(notAllowed);
    }
    expect((await ban(colleague.id, admin)).status).toBe(204);
  });

  it('are checked before the account is looked up, which comes before the body', async () => {
    for (const answer of [
      await ban(2_147_483_647, ann, {}),
      await unban(2_147_483_647, ann),
      await setRole(2_147_483_647, 'x', moderator),
      await remove(2_147_483_647, moderator),
      await ask('GET', '/users?limit=x', { token: moderator.token }),
    ])
      expect(summary(answer)).toEqual([403, 'not_allowed']);
    for (const answer of [
      await ban(2_147_483_647, moderator, {}),
      await unban(2_147_483_647, moderator),
      await setRole(2_147_483_647, 'x', admin),
      await remove(2_147_483_647, admin),
    ])
      expect(summary(answer)).toEqual([404, 'user_not_found']);
    expect((await ban('x', moderator)).status).toBe(422);
    expect((await setRole(ann.id, 'owner', admin)).body.errors).toMatchObject([{ field: 'role' }]);
  });
});

describe('a role', () => {
  it('is given by an admin, ends the sessions of its new holder, and is in the next token', async () => {
    const ben = await join(ask);
    expect((await setRole(ben.id, 'moderator', admin)).status).toBe(204);
    expect((await ask('GET', '/users/me', { token: ben.token })).status).toBe(401);
    const token = await logIn(ben);
    expect((await ask('GET', '/users/me', { token })).body.role).toBe('moderator');
    const eve = await join(ask);
    expect((await ban(eve.id, { ...ben, token })).status).toBe(204);
    expect((await setRole(ben.id, 'user', admin)).status).toBe(204);
    expect((await ban(eve.id, { ...ben, token })).status).toBe(401);
    expect((await ban(eve.id, { ...ben, token: await logIn(ben) })).status).toBe(403);
    expect(await actsOn(ben.id)).toEqual([
      { actor_id: admin.id, action: 'role-changed', reason: 'moderator' },
      { actor_id: admin.id, action: 'role-changed', reason: 'user' },
    ]);
  });
});

describe('DELETE /users/{id}', () => {
  it('deletes an account as if its owner had done it', async () => {
    const ben = await join(ask);
    expect((await remove(ben.id, admin)).status).toBe(204);
    expect((await ask('GET', '/users/me', { token: ben.token })).status).toBe(401);
    expect(summary(await logInAs(ben))).toEqual([403, 'invalid_credentials']);
    expect((await remove(ben.id, admin)).status).toBe(404);
    expect(await actsOn(ben.id)).toEqual([{ actor_id: admin.id, action: 'user-deleted', reason: null }]);
    const events = await query(
      `SELECT envelope->'data'->>'action' AS action FROM auth.outbox
       WHERE envelope->>'type' IN ('auth.user-deleted.v1', 'auth.account-moderated.v1')
         AND (envelope->'data'->>'user_id')::int = $1 ORDER BY sequence`,
      [ben.id],
    );
    expect(events).toEqual([{ action: null }, { action: 'user-deleted' }]);
  });
});

describe('GET /users', () => {
  const list = (parameters: string, token = admin.token) => ask('GET', `/users?${parameters}`, { token });
  const rowsOf = ({ body }: Awaited<ReturnType<typeof list>>) => body as unknown as Record<string, unknown>[];

  it('shows accounts by a part of their name or address, with their bans', async () => {
    const ben = await join(ask);
    const part = ben.email.slice(2, 30).toUpperCase();
    const account = {
      id: ben.id,
      name: `user_${ben.id}`,
      email: ben.email,
      email_verified: false,
      role: 'user',
      totp: false,
      created_at: expect.any(String),
    };
    expect(rowsOf(await list(`search=${part}`))).toEqual([{ ...account, banned_until: null }]);
    expect(rowsOf(await list(`search=user_${ben.id}`))).toMatchObject([{ id: ben.id }]);
    await ban(ben.id, moderator);
    expect(rowsOf(await list(`search=${part}`))).toMatchObject([{ banned_until: '9999-12-31T23:59:59Z' }]);
    await ban(ben.id, moderator, { reason, until: '2099-01-01T00:00:00+02:00' });
    expect(rowsOf(await list(`search=${part}`))).toMatchObject([
      { banned_until: '2098-12-31T22:00:00.000Z' },
    ]);
    expect(rowsOf(await list('search=%25'))).toEqual([]);
  });

  it('pages with a cursor that only works for the same admin and search', async () => {
    const first = await list('limit=2');
    const next = /^<\/users\?(.*)>; rel="next"$/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    const ids = [...rowsOf(first), ...rowsOf(await list(next))].map(({ id }) => Number(id));
    expect(ids).toEqual([...new Set(ids)].toSorted((one, other) => other - one));
    expect((await list(`${next}&search=a`)).status).toBe(422);
    expect((await list(next, (await joinAs('admin')).token)).status).toBe(422);
    expect((await list(next, ann.token)).status).toBe(403);
  });
});

it('an act that cannot be written down is not done', async () => {
  const [ben, banned] = [await join(ask), await join(ask)];
  await ban(banned.id, moderator);
  const ids = `${ben.id}, ${banned.id}`;
  const constraint = 'CONSTRAINT moderation_acts_are_full';
  await query(`ALTER TABLE auth.moderation_acts ADD ${constraint} CHECK (user_id NOT IN (${ids})) NOT VALID`);
  const answers = [
    await ban(ben.id, moderator),
    await unban(banned.id, moderator),
    await setRole(ben.id, 'moderator', admin),
    await remove(ben.id, admin),
  ];
  await query(`ALTER TABLE auth.moderation_acts DROP ${constraint}`);
  expect(answers.map(({ status }) => status)).toEqual([500, 500, 500, 500]);
  expect(await ask('GET', '/users/me', { token: ben.token })).toMatchObject({
    status: 200,
    body: { role: 'user' },
  });
  expect((await logInAs(ben)).status).toBe(200);
  expect(summary(await logInAs(banned))).toEqual([403, 'banned']);
});

it.each(['auth_app', 'auth_owner'])('%s cannot change what was done', async (role) => {
  for (const statement of [
    'UPDATE auth.moderation_acts SET reason = NULL',
    'DELETE FROM auth.moderation_acts',
    'TRUNCATE auth.moderation_acts',
  ])
    await expect(query(`SET ROLE ${role}; ${statement}`)).rejects.toMatchObject({ code: '42501' });
});
