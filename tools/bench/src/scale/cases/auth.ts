import { emailOf } from '../../data/seed.js';
import { refreshTokenOf, sessionOf } from '../../data/past.js';
import { get, send, times, type Case } from './case.js';
import { auth, hashing, newEmail } from './credentials.js';
import { admin, moderator, type World } from '../world.js';

const forgetsUser = {
  posts: 'erase-posts-when-user-deleted',
  votes: 'erase-votes-when-user-deleted',
};

/** What clients ask of auth. */
export const casesOfAuth: readonly Case[] = [
  auth(
    'POST /users',
    (world, count) =>
      times(count, () =>
        send('POST', '/users', {}, { email: newEmail(world), password: world.system.data.password }),
      ),
    hashing,
  ),
  auth('GET /users/{id}', (world, count) =>
    times(count, () => get(`/users/${world.reader()}`, world.as(world.reader()))),
  ),
  auth('GET /users/me', (world, count) => times(count, () => get('/users/me', world.as(world.reader())))),
  auth(
    'PATCH /users/me',
    (world, count) =>
      world.users(count).map((user) => send('PATCH', '/users/me', world.as(user), { name: `b_${user}` })),
    { reactions: { posts: 'rename-author-when-user-updated' }, count: 10 },
  ),
  auth(
    'GET /users/me/export',
    (world, count) => world.owners(count).map(({ user }) => get('/users/me/export', world.as(user))),
    {
      count: 10,
    },
  ),
  auth(
    'GET /users/me/export, account with many posts',
    (world) => [get('/users/me/export', world.as(world.system.data.author))],
    {
      count: 1,
      growth: 'grows',
    },
  ),
  auth('POST /login', (world, count) => world.users(count).map((user) => logIn(world, user)), hashing),
  // Before the login that ends all but fifty of them.
  auth('GET /sessions, account with many sessions', (world, count) =>
    times(count, () => get('/sessions', world.as(world.system.data.manySessions[0]))),
  ),
  auth(
    'POST /login, account with many sessions',
    (world, count) => times(count, () => logIn(world, world.system.data.manySessions[0])),
    hashing,
  ),
  auth(
    'POST /refresh',
    (world, count) =>
      world.users(count).map((user) => send('POST', '/refresh', {}, { refresh_token: refreshTokenOf(user) })),
    { count: 10 },
  ),
  auth(
    'POST /logout',
    (world, count) => world.users(count).map((user) => send('POST', '/logout', world.as(user))),
    {
      count: 10,
    },
  ),
  auth(
    'GET /sessions',
    (world, count) => world.users(count).map((user) => get('/sessions', world.as(user))),
    {
      count: 10,
    },
  ),
  auth(
    'DELETE /sessions/{id}',
    (world, count) =>
      world.users(count).map((user) => send('DELETE', `/sessions/${sessionOf(user)}`, world.as(user))),
    { count: 10 },
  ),
  auth(
    'DELETE /sessions',
    (world, count) => world.users(count).map((user) => send('DELETE', '/sessions', world.as(user))),
    {
      count: 10,
    },
  ),
  auth('GET /.well-known/jwks.json', (_, count) => times(count, () => get('/.well-known/jwks.json'))),
  auth('GET /.well-known/oauth-authorization-server', (_, count) =>
    times(count, () => get('/.well-known/oauth-authorization-server')),
  ),
  auth(
    'PUT /users/{id}/ban',
    (world, count) =>
      world
        .users(count)
        .map((user) => send('PUT', `/users/${user}/ban`, world.as(moderator), { reason: 'Spam' })),
    { reactions: { posts: 'log-act-when-account-moderated' }, count: 10 },
  ),
  auth(
    'DELETE /users/{id}/ban',
    async (world, count) => {
      const users = world.users(count);
      await world.run(
        `UPDATE auth.users SET banned_until = now() + interval '1 day' WHERE id = ANY($1::int[])`,
        [users],
      );
      return users.map((user) => send('DELETE', `/users/${user}/ban`, world.as(moderator)));
    },
    { count: 10 },
  ),
  auth('GET /users', (world, count) => times(count, () => get('/users', world.as(admin)))),
  auth('GET /users?search=, one match', (world, count) =>
    times(count, () => get(`/users?search=${encodeURIComponent(emailOf(world.reader()))}`, world.as(admin))),
  ),
  auth(
    'GET /users?search=, no match',
    (world, count) => times(count, () => get('/users?search=zzyzx', world.as(admin))),
    { count: 5 },
  ),
  auth(
    'PUT /users/{id}/role',
    (world, count) =>
      world
        .users(count)
        .map((user) => send('PUT', `/users/${user}/role`, world.as(admin), { role: 'moderator' })),
    { count: 10 },
  ),
  auth(
    'DELETE /users/{id}',
    (world, count) => world.users(count).map((user) => send('DELETE', `/users/${user}`, world.as(admin))),
    { count: 5 },
  ),
  auth(
    'DELETE /users/me',
    (world, count) => world.owners(count).map(({ user }) => send('DELETE', '/users/me', world.as(user))),
    { reactions: forgetsUser, count: 5 },
  ),
];

/** Operations on the largest accounts, which cannot be repeated. */
export const endings: readonly Case[] = [
  auth(
    'DELETE /sessions, account with many sessions',
    (world) => [send('DELETE', '/sessions', world.as(world.system.data.manySessions[1]))],
    { once: true, count: 1, growth: 'grows' },
  ),
  auth(
    'DELETE /users/me, account with many posts',
    (world) => [send('DELETE', '/users/me', world.as(world.system.data.prolific))],
    { once: true, count: 1, reactions: forgetsUser, reactionsGrow: true },
  ),
];

const logIn = ({ system }: World, user: number) => ({
  method: 'POST',
  path: '/login',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: new URLSearchParams({ username: emailOf(user), password: system.data.password }).toString(),
});
