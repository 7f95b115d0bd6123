import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  givenOrigin,
  httpClient,
  join,
  joinAll,
  openCourier,
  query,
  reachAgora,
  type HttpClient,
  type Person,
  type ReachedAgora,
} from '@agora/testing';
import { itInside } from './it-inside.js';

const names = ['auth', 'posts', 'votes', 'gateway'] as const;

let agora: ReachedAgora;
let ask: HttpClient;
/** Each process by itself, where it can be reached: every one of them must refuse, not the gateway alone. */
let doors: Record<'gateway' | 'auth' | 'posts' | 'votes', (token: string) => Promise<number>>;

beforeAll(async () => {
  agora = await reachAgora(names, { algorithm: 'ES256' });
  const at = (name: (typeof names)[number]) => httpClient(givenOrigin ?? agora.process(name).url);
  ask = at('gateway');
  doors = {
    gateway: async (token) => (await at('gateway')('GET', '/posts', { token })).status,
    auth: async (token) => (await at('auth')('GET', '/sessions', { token })).status,
    posts: async (token) => (await at('posts')('GET', '/posts', { token })).status,
    votes: async (token) =>
      (await at('votes')('POST', '/vote', { token, json: { post_id: 2_147_483_647, dir: 0 } })).status,
  };
}, 120_000);
afterAll(() => agora.stop());

const refusedEverywhere = (token: string) =>
  Promise.all(
    Object.values(doors).map((door) => eventually(async () => expect(await door(token)).toBe(401), 2_000)),
  );

const acts: [string, (person: Person) => Promise<unknown>][] = [
  ['logging out', ({ token }) => ask('POST', '/logout', { token })],
  ['ending all sessions', ({ token }) => ask('DELETE', '/sessions', { token })],
  ['deleting the account', ({ token }) => ask('DELETE', '/users/me', { token })],
  [
    'changing the password elsewhere',
    async ({ email, password }) => {
      const { body } = await ask('POST', '/login', { form: { username: email, password } });
      const json = { current_password: password, new_password: 'a new password' };
      return ask('PUT', '/users/me/password', { token: String(body.access_token), json });
    },
  ],
];

/** Somebody with a role, and a token that names it. */
async function joinAs(role: string): Promise<Person> {
  const person = await join(ask);
  await query('UPDATE auth.users SET role = $2 WHERE id = $1', [person.id, role]);
  const form = { username: person.email, password: person.password };
  return { ...person, token: String((await ask('POST', '/login', { form })).body.access_token) };
}

describe('an access token', () => {
  it.each(acts)('is refused by every process within 2 s of %s', async (_name, act) => {
    const person = await join(ask);
    for (const door of Object.values(doors)) expect(await door(person.token)).not.toBe(401);
    await act(person);
    await refusedEverywhere(person.token);
  });

  itInside.each([
    ['a ban', 'ban', { reason: 'Spam.' }],
    ['a change of role', 'role', { role: 'user' }],
  ])('is refused by every process within 2 s of %s', async (_name, act, json) => {
    const [admin, person] = await Promise.all([joinAs('admin'), joinAs('moderator')]);
    expect((await ask('PUT', `/users/${person.id}/${act}`, { token: admin.token, json })).status).toBe(204);
    await refusedEverywhere(person.token);
  });

  itInside.each(['gateway', 'posts', 'votes', 'auth'] as const)(
    'stays refused when %s starts again',
    async (name) => {
      const person = await join(ask);
      await ask('POST', '/logout', { token: person.token });
      await refusedEverywhere(person.token);
      await agora.process(name).end('SIGKILL');
      await agora.process(name).restart();
      // The first answer after it says that it is ready counts.
      expect(await doors[name](person.token)).toBe(401);
    },
  );

  itInside(
    'is refused too when the stream of auth was lost',
    async () => {
      const [before, after] = [await join(ask), await join(ask)];
      await ask('POST', '/logout', { token: before.token });
      await refusedEverywhere(before.token);
      const courier = await openCourier();
      await courier.loseStream('auth');
      await courier.close();
      await ask('POST', '/logout', { token: after.token });
      await Promise.all(
        Object.values(doors).map((door) =>
          eventually(async () => expect(await door(after.token)).toBe(401), 15_000),
        ),
      );
      await agora.process('posts').end('SIGKILL');
      await agora.process('posts').restart();
      expect(await doors.posts(before.token)).toBe(401);
    },
    40_000,
  );

  itInside(
    'is refused within 2 s by posts each time of 15, as its metric says',
    async () => {
      for (const { token } of await joinAll(ask, 15)) {
        await ask('POST', '/logout', { token });
        await eventually(async () => expect(await doors.posts(token)).toBe(401), 2_000);
      }
      const metrics = await (await fetch(`${agora.process('posts').internalUrl}/metrics`)).text();
      const inBound = Number(/revocation_lag_seconds_bucket{le="2"} (\d+)/.exec(metrics)?.[1]);
      const all = Number(/revocation_lag_seconds_count (\d+)/.exec(metrics)?.[1]);
      expect(all).toBeGreaterThanOrEqual(15);
      expect(inBound).toBe(all);
    },
    60_000,
  );
});
