import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import type { Replica } from '../system/replica.js';
import type { ReceivedMail } from '../system/mail-server.js';
import { statusOf } from './ask.js';
import { ban, unbanSome } from './bans.js';
import { joinAgora } from './join-agora.js';
import { resetPassword, subjects } from './mails.js';
import type { Outages } from './outages.js';
import type { Try } from './try-request.js';
import { recordDeletion, type Account, type World } from './world.js';

export interface Watch {
  random: Random;
  world: World;
  findings: Findings;
  attempt: Try;
  replicas: readonly Replica[];
  moderator: Account;
  received: readonly ReceivedMail[];
  outages: Outages;
  signal: AbortSignal;
}

/** The guarantee is two seconds; the third allows for everything sharing two cores. */
const boundMilliseconds = 3_000;
const watchedMilliseconds = 4_000;
const pauseMilliseconds = 250;

const ways = ['logout', 'every session', 'password', 'account', 'ban', 'password reset'] as const;

/** Ends sessions in every possible way and asks each replica, also bypassing the gateway, until long after the bound: none may serve an ended session. */
export async function watchSessions(watch: Watch): Promise<void> {
  const { random, attempt, signal } = watch;
  let left: (typeof ways)[number][] = [];
  while (!signal.aborted) {
    const account = await joinAgora(attempt, 'watched');
    if (left.length === 0) left = random.shuffle(ways);
    const how = account && left.pop();
    if (how) await endAndWatch(account, how, watch);
    await sleep(pauseMilliseconds);
  }
}

async function endAndWatch(account: Account, how: (typeof ways)[number], watch: Watch): Promise<void> {
  const { attempt, world } = watch;
  const { token } = account;
  world.accounts.push(account);
  if (how === 'account') recordDeletion(account, 'asked');
  const answer = await {
    logout: () => attempt('log out', 'POST', '/logout', { token }),
    'every session': () => attempt('end sessions', 'DELETE', '/sessions', { token }),
    password: () => changePasswordElsewhere(account, watch),
    account: () => attempt('delete user', 'DELETE', '/users/me', { token }),
    ban: () => ban(account, watch),
    'password reset': () => resetPassword(account, watch),
  }[how]();
  if (answer?.status !== 204) return;
  if (how === 'account') recordDeletion(account, 'done');
  await expectRefusals(token, `${how} of user ${account.id}`, performance.now(), watch);
  if (how === 'ban') await unbanSome(account, watch);
}

/** Changes the password in a second session, which ends the first. */
async function changePasswordElsewhere(account: Account, { attempt, world }: Watch) {
  const { email, password } = account;
  const login = await attempt('log in', 'POST', '/login', { form: { username: email, password } });
  if (login?.status !== 200) return undefined;
  const next = randomUUID();
  account.password = '';
  const answer = await attempt('change password', 'PUT', '/users/me/password', {
    token: String(login.body.access_token),
    json: { current_password: password, new_password: next },
  });
  if (answer?.status === 204) account.password = next;
  world.mails.push({ account, subject: subjects.passwordChanged, isCertain: answer?.status === 204 });
  return answer;
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
