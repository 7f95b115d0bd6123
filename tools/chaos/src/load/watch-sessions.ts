import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ProcessName } from '@agora/local-stack';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import type { Replica } from '../system/replica.js';
import { joinAgora } from './join-agora.js';
import type { Outages } from './outages.js';
import type { Try } from './try-request.js';
import { recordDeletion, type Account, type World } from './world.js';

export interface Watch {
  random: Random;
  world: World;
  findings: Findings;
  attempt: Try;
  replicas: readonly Replica[];
  outages: Outages;
  signal: AbortSignal;
}

/** Two seconds are promised; the third is for a machine on which everything shares two cores. */
const boundMilliseconds = 3_000;
const watchedMilliseconds = 4_000;
const pauseMilliseconds = 250;

/** Ends sessions in every way that there is and asks each replica, past the gateway too, until long after the bound: none may serve one that ended. */
export async function watchSessions(watch: Watch): Promise<void> {
  while (!watch.signal.aborted) {
    const account = await joinAgora(watch.attempt, 'watched');
    if (account) await endAndWatch(account, watch);
    await sleep(pauseMilliseconds);
  }
}

async function endAndWatch(account: Account, watch: Watch): Promise<void> {
  const { attempt, world, random } = watch;
  const how = random.pick(['logout', 'every session', 'password', 'account'] as const);
  const { token } = account;
  world.accounts.push(account);
  if (how === 'account') recordDeletion(account, 'asked');
  const answer = await {
    logout: () => attempt('log out', 'POST', '/logout', { token }),
    'every session': () => attempt('end sessions', 'DELETE', '/sessions', { token }),
    password: () => changePasswordElsewhere(account, attempt),
    account: () => attempt('delete user', 'DELETE', '/users/me', { token }),
  }[how]();
  if (answer?.status !== 204) return;
  if (how === 'account') recordDeletion(account, 'done');
  await expectRefusals(token, `${how} of user ${account.id}`, performance.now(), watch);
}

/** With a second session, so that the first ends. */
async function changePasswordElsewhere({ email, password }: Account, attempt: Try) {
  const login = await attempt('log in', 'POST', '/login', { form: { username: email, password } });
  if (login?.status !== 200) return undefined;
  return attempt('change password', 'PUT', '/users/me/password', {
    token: String(login.body.access_token),
    json: { current_password: password, new_password: randomUUID() },
  });
}

async function expectRefusals(token: string, what: string, endedAt: number, watch: Watch): Promise<void> {
  const { replicas, signal } = watch;
  while (performance.now() < endedAt + boundMilliseconds + watchedMilliseconds && !signal.aborted) {
    await sleep(pauseMilliseconds);
    await Promise.all(replicas.map((replica) => expectRefusal(replica, token, what, endedAt, watch)));
  }
}

async function expectRefusal(
  replica: Replica,
  token: string,
  what: string,
  endedAt: number,
  { outages, findings }: Watch,
): Promise<void> {
  if (replica.isOut()) return;
  const askedAt = performance.now();
  const status = await statusOf(replica, token);
  const since = Math.max(endedAt, outages.lastBlindAt(), replica.resumedAt());
  if (status < 300 && askedAt - since > boundMilliseconds)
    findings.broken(
      'I13',
      `${replica.label} served a session ${Math.round(askedAt - endedAt)} ms after its end (${what})`,
    );
}

/** A request of each process that takes a token and changes nothing. */
const paths: Partial<Record<ProcessName, string>> = {
  gateway: '/vote?post_ids=1',
  auth: '/users/me',
  posts: '/posts?limit=1',
  votes: '/vote?post_ids=1',
};

/** The status that a replica itself answers a token with; 599 when no answer came, or it has no such request. */
export async function statusOf({ name, ports }: Replica, token: string): Promise<number> {
  const path = paths[name];
  if (!path) return 599;
  try {
    const response = await fetch(`http://127.0.0.1:${ports.port}${path}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(2_000),
    });
    await response.arrayBuffer();
    return response.status;
  } catch {
    return 599;
  }
}
