import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../bench.js';
import { accountKeyOf, sessionOf } from '../data/past.js';
import type { Request } from '../load/routes.js';
import type { System } from '../system/system.js';

/** One of the two systems that are compared, and what cases use of it. */
export interface World {
  system: System;
  /** The headers of a user: the token is as auth would have signed it for the one session that each has. */
  as(userId: number, claims?: Record<string, unknown>): Record<string, string>;
  /** A reader, a different one with each call. */
  reader(): number;
  /** Accounts that are given out once. */
  users(count: number): number[];
  /** Accounts with a post each, likewise. */
  owners(count: number): { user: number; post: number }[];
  /** An item of a list, another one with each call. */
  next<Item>(items: readonly Item[]): Item;
  run<Row>(text: string, values?: unknown[]): Promise<Row[]>;
  /** A number that no other call gets. */
  unique(): number;
}

/** The id of the moderator and the administrator of cases; their accounts have the role too. */
export const [moderator, admin] = [10, 11];

export async function openWorld({ key }: Pick<Bench, 'key'>, system: System): Promise<World> {
  const spare = [...system.data.spare];
  const { voters: everybody } = system.data;
  const readers = everybody.slice(0, everybody.length / 10);
  const voters = everybody.slice(readers.length);
  let count = 0;
  const run = async <Row>(text: string, values: unknown[] = []) =>
    (await system.database.query(text, values)).rows as Row[];
  await run(
    `UPDATE auth.users SET role = CASE id WHEN ${moderator} THEN 'moderator' ELSE 'admin' END WHERE id IN (${moderator}, ${admin})`,
  );
  return {
    system,
    as: (userId, claims = {}) => ({
      Authorization: `Bearer ${key.tokenFor(userId, {
        sid: sessionOf(userId),
        account_key: accountKeyOf(userId),
        session_number: 1,
        ...(userId === moderator && { role: 'moderator' }),
        ...(userId === admin && { role: 'admin' }),
        ...claims,
      })}`,
    }),
    reader: () => readers[(count += 1) % readers.length] ?? 0,
    // Others take from the beginning.
    users: (wanted) => enough(voters.splice(-wanted), wanted),
    owners: (wanted) => enough(spare.splice(0, wanted), wanted),
    next: (items) => items[(count += 1) % items.length] as (typeof items)[number],
    run,
    unique: () => (count += 1),
  };
}

function enough<Item>(taken: Item[], wanted: number): Item[] {
  if (taken.length === wanted) return taken;
  throw new Error('there are not enough accounts for so many turns');
}

/** Sends requests one after the other; resolves to the first problem with an answer, if any. */
export async function sendAll(
  origin: string,
  requests: readonly Request[],
  signal: AbortSignal,
): Promise<string | undefined> {
  let wrong: string | undefined;
  for (const { method, path, headers = {}, body } of requests) {
    // A stream lasts until its reader leaves.
    const leave = new AbortController();
    const response = await fetch(new URL(path, origin), {
      method,
      redirect: 'manual',
      headers: { 'X-Forwarded-For': address(), ...headers },
      signal: AbortSignal.any([signal, leave.signal]),
      ...(body !== undefined && { body }),
    });
    const isStream = response.headers.get('content-type')?.startsWith('text/event-stream');
    const text = isStream ? '' : await response.text();
    if (isStream) leave.abort();
    if (!response.ok) wrong ??= `${method} ${path} is answered ${response.status}: ${text.slice(0, 200)}`;
  }
  return wrong;
}

let addresses = 0;
/** As the gateway names clients, each of another network, so that no limit of one address is met. */
function address(): string {
  addresses += 1;
  return `2001:db8:${(addresses % 65_536).toString(16)}::1`;
}

export const pause = (milliseconds: number, signal: AbortSignal) =>
  sleep(milliseconds, undefined, { signal });
