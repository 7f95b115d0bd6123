import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import type { Answer } from './ask.js';
import { subjects } from './mails.js';
import { unexpected, type Try } from './try-request.js';
import type { Account, World } from './world.js';

interface Surroundings {
  world: World;
  random: Random;
  findings: Findings;
  attempt: Try;
  moderator: Account;
}

const pathOf = ({ id }: Account) => `/users/${id}/ban`;

/** Bans a user. */
export async function ban(
  account: Account,
  { world, attempt, moderator, findings }: Omit<Surroundings, 'random'>,
): Promise<Answer | undefined> {
  account.ban = 'maybe';
  const json = { reason: 'Advertises in every post.' };
  const answer = await attempt('ban', 'PUT', pathOf(account), { token: moderator.token, json });
  const isBanned = answer?.status === 204;
  world.mails.push({ account, subject: subjects.accountBanned, isCertain: isBanned });
  if (isBanned) account.ban = 'banned';
  else if (answer) unexpected(answer, `banning user ${account.id}`, findings);
  return answer;
}

/** A banned account gets no session, by password or by refresh token: I16. */
export async function expectLockedOut(
  account: Account,
  { attempt, findings }: Pick<Surroundings, 'attempt' | 'findings'>,
): Promise<void> {
  const { id, email, password, refreshToken } = account;
  const login = await attempt('log in banned', 'POST', '/login', { form: { username: email, password } });
  if (login && account.ban === 'banned' && login.body.code !== 'banned')
    findings.broken('I16', `the login of user ${id}, banned, was answered ${login.status}`);
  const json = { refresh_token: refreshToken };
  const refresh = await attempt('refresh banned', 'POST', '/refresh', { json });
  if (refresh && refresh.status !== 401)
    findings.broken('I16', `the refresh of user ${id}, banned, was answered ${refresh.status}`);
}

/** Lifts every second ban, after which its user may log in. */
export async function unbanSome(account: Account, surroundings: Surroundings): Promise<void> {
  const { random, attempt, moderator, findings } = surroundings;
  await expectLockedOut(account, surroundings);
  if (random.below(2) === 0 || account.ban !== 'banned') return;
  account.ban = 'maybe';
  const answer = await attempt('unban', 'DELETE', pathOf(account), { token: moderator.token });
  if (!answer) return;
  if (answer.status !== 204) return unexpected(answer, `unbanning user ${account.id}`, findings);
  account.ban = 'none';
  const form = { username: account.email, password: account.password };
  const login = await attempt('log in', 'POST', '/login', { form });
  if (login && login.status !== 200)
    findings.broken('I16', `the login of user ${account.id}, banned no more, was answered ${login.status}`);
}
