import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.js';
import type { ReceivedMail } from '../system/mail-server.js';
import type { Answer } from './ask.js';
import { unexpected, type Try } from './try-request.js';
import type { Account, World } from './world.js';

/** What mails are called in their subject. */
export const subjects = {
  confirmEmail: 'Confirm your e-mail address',
  resetPassword: 'Set a new password',
  passwordChanged: 'Your password was changed',
  accountBanned: 'Your account is banned',
} as const;

/** Reads what the mailbox has got. */
export interface MailReader {
  received: readonly ReceivedMail[];
  signal: AbortSignal;
}

const patienceMilliseconds = 15_000;

/** The token of the newest mail to an address, once there is one; undefined when it takes too long. */
async function tokenFor(
  address: string,
  purpose: 'confirm-email' | 'reset-password',
  { received, signal }: MailReader,
): Promise<string | undefined> {
  const until = performance.now() + patienceMilliseconds;
  const pattern = new RegExp(`#${purpose}=([\\w-]+)`);
  while (performance.now() < until && !signal.aborted) {
    const own = received.filter(({ to, text }) => to === address && pattern.test(text));
    const [, token] = pattern.exec(own.at(-1)?.text ?? '') ?? [];
    if (token) return token;
    await sleep(100);
  }
  return undefined;
}

/** A mail that was sent twice brings another token, and the first is worthless from then on. */
const cameAgain = ({ email }: Account, subject: string, { received }: MailReader) =>
  received.filter((mail) => mail.to === email && mail.subject === subject).length > 1;

type Surroundings = MailReader & { attempt: Try; findings: Findings };

/** Confirms the address of a new account by the token that was mailed. */
export async function confirmAddress(account: Account, reader: Surroundings): Promise<void> {
  const { attempt, findings } = reader;
  const token = await tokenFor(account.email, 'confirm-email', reader);
  if (!token) return;
  const answer = await attempt('confirm address', 'POST', '/email-confirmations', { json: { token } });
  if (!answer) return;
  if (answer.status === 204) account.confirmed = true;
  else if (!cameAgain(account, subjects.confirmEmail, reader))
    unexpected(answer, `confirming the address of user ${account.id}`, findings);
}

/** Sets a new password by a mailed token; returns the answer, or undefined when the mail did not arrive or the outcome is unknown. */
export async function resetPassword(
  account: Account,
  reader: Surroundings & { world: World },
): Promise<Answer | undefined> {
  const { attempt, findings, world } = reader;
  const json = { email: account.email };
  const asked = await attempt('ask for a reset', 'POST', '/password-resets', { json });
  const isAsked = asked?.status === 202;
  world.mails.push({ account, subject: subjects.resetPassword, isCertain: isAsked });
  if (asked && !isAsked) unexpected(asked, `asking for a reset for user ${account.id}`, findings);
  const token = isAsked && (await tokenFor(account.email, 'reset-password', reader));
  if (!token) return undefined;
  const [old, password] = [account.password, randomUUID()];
  account.password = '';
  const set = () =>
    attempt('reset password', 'PUT', '/password-resets', { json: { token, new_password: password } });
  const answer = await set();
  const isSet = answer?.status === 204;
  world.mails.push({ account, subject: subjects.passwordChanged, isCertain: isSet });
  if (!isSet) {
    if (answer && !cameAgain(account, subjects.resetPassword, reader))
      unexpected(answer, `resetting the password of user ${account.id}`, findings);
    return undefined;
  }
  if ((await set())?.status === 204)
    findings.broken('I13', `the token of a reset of user ${account.id} was good twice`);
  account.password = password;
  await expectOnlyNewPassword(account, old, reader);
  return answer;
}

async function expectOnlyNewPassword(
  { id, email, password }: Account,
  old: string,
  { attempt, findings }: Surroundings,
): Promise<void> {
  const logIn = (by: string) =>
    attempt('log in', 'POST', '/login', { form: { username: email, password: by } });
  if ((await logIn(old))?.status === 200)
    findings.broken('I13', `the password of user ${id} was good after it was reset`);
  const answer = await logIn(password);
  if (answer && answer.status !== 200) unexpected(answer, `the login of user ${id} after a reset`, findings);
}
