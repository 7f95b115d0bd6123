import { randomUUID } from 'node:crypto';
import type { Try } from './try-request.js';
import type { Account } from './world.js';

/** Registers somebody new and logs them in; undefined when one of the two could not be done. */
export async function joinAgora(attempt: Try, label: string): Promise<Account | undefined> {
  const email = `${randomUUID()}@${label}.example.test`;
  const password = randomUUID();
  const registered = await attempt('register', 'POST', '/users', { json: { email, password } });
  const form = { username: email, password };
  const loggedIn = registered && (await attempt('log in', 'POST', '/login', { form }));
  if (registered?.status !== 201 || loggedIn?.status !== 200) return undefined;
  const token = String(loggedIn.body.access_token);
  return { id: Number(registered.body.id), email, password, token, deletion: 'none' };
}
