import { randomUUID } from 'node:crypto';
import type { HttpClient } from './http.js';

/** Somebody with an account, logged in. */
export interface Person {
  id: number;
  email: string;
  password: string;
  token: string;
  refreshToken: string;
}

/** Registers a new user, and logs them in. */
export async function join(ask: HttpClient): Promise<Person> {
  const email = `${randomUUID()}@example.test`;
  const password = randomUUID();
  const registered = await patiently(() => ask('POST', '/users', { json: { email, password } }));
  const loggedIn = await patiently(() => ask('POST', '/login', { form: { username: email, password } }));
  return {
    id: Number(registered.id),
    email,
    password,
    token: String(loggedIn.access_token),
    refreshToken: String(loggedIn.refresh_token),
  };
}

/** Registers and logs in many users, a few at a time, because hashing passwords is expensive. */
export async function joinAll(ask: HttpClient, count: number): Promise<Person[]> {
  const people: Person[] = [];
  while (people.length < count) {
    const next = Math.min(4, count - people.length);
    people.push(...(await Promise.all(Array.from({ length: next }, () => join(ask)))));
  }
  return people;
}

/** Retries while the server answers 503 because too many passwords are waiting to be hashed. */
async function patiently(attempt: () => ReturnType<HttpClient>): Promise<Record<string, unknown>> {
  for (;;) {
    const { status, headers, body } = await attempt();
    if (status < 300) return body;
    if (status !== 503) throw new Error(`answered ${status}: ${JSON.stringify(body)}`);
    await new Promise((resolve) => setTimeout(resolve, Number(headers.get('retry-after')) * 1_000));
  }
}
