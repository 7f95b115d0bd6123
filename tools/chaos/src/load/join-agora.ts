import { randomUUID } from 'node:crypto';
import type { Administration } from '../system/administration.js';
import type { Try } from './try-request.js';
import type { Account } from './world.js';

/** Registers a user and logs them in; undefined when either failed. */
export async function joinAgora(attempt: Try, label: string): Promise<Account | undefined> {
  const email = `${randomUUID()}@${label}.example.test`;
  const password = randomUUID();
  const registered = await attempt('register', 'POST', '/users', { json: { email, password } });
  const form = { username: email, password };
  const loggedIn = registered && (await attempt('log in', 'POST', '/login', { form }));
  if (registered?.status !== 201 || loggedIn?.status !== 200) return undefined;
  const id = Number(registered.body.id);
  return {
    id,
    email,
    password,
    token: String(loggedIn.body.access_token),
    refreshToken: String(loggedIn.body.refresh_token),
    deletion: 'none',
    names: new Set([String(registered.body.name)]),
    ban: 'none',
    confirmed: false,
  };
}

/** Somebody new who may remove posts and ban others; undefined when that could not be had. */
export async function joinAsModerator(
  attempt: Try,
  { query }: Pick<Administration, 'query'>,
): Promise<Account | undefined> {
  const account = await joinAgora(attempt, 'moderators');
  if (!account) return undefined;
  await query("UPDATE auth.users SET role = 'moderator' WHERE id = $1", [account.id]);
  // The role is in the token.
  const form = { username: account.email, password: account.password };
  const login = await attempt('log in', 'POST', '/login', { form });
  return login?.status === 200 ? { ...account, token: String(login.body.access_token) } : undefined;
}
