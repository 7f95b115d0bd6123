import { subjects } from '../load/mails.js';
import type { Part } from '../load/outages.js';
import type { Evidence } from './evidence.js';

/** Faults after which it may be unknown whether a mail was accepted: it is sent again. */
const hiding: readonly Part[] = ['processes', 'postgres', 'mail'];

const kinds: Readonly<Record<string, string>> = {
  'confirm-email': subjects.confirmEmail,
  'reset-password': subjects.resetPassword,
  'password-changed': subjects.passwordChanged,
  'account-banned': subjects.accountBanned,
};

/** Every promised mail has come, or waits for its next attempt; none came twice without a reason: I17. */
export async function checkMails({ system, world, findings, outages }: Evidence): Promise<void> {
  const waiting = await system.administration.query<{ kind: string; email: string; failed: boolean }>(
    'SELECT kind, email, failed_at IS NOT NULL AS failed FROM auth.mails',
  );
  const addresses = new Set(world.accounts.map(({ email }) => email));
  for (const { kind, email, failed } of waiting)
    if (failed && addresses.has(email))
      findings.broken('I17', `the mail ${kind} to ${email} failed for good`);
  const queued = new Set(waiting.map(({ kind, email }) => keyOf(email, kinds[kind] ?? kind)));
  const arrived = Map.groupBy(system.mail.received, ({ to, subject }) => keyOf(to, subject));
  const registered = world.accounts.map((account) => ({
    account,
    subject: subjects.confirmEmail,
    isCertain: true,
  }));
  const asked = Map.groupBy([...registered, ...world.mails], ({ account, subject }) =>
    keyOf(account.email, subject),
  );
  for (const [key, [first]] of asked) {
    // Nobody writes to an account that is gone.
    if (!first || first.account.deletion !== 'none' || !first.isCertain) continue;
    if (!arrived.has(key) && !queued.has(key)) findings.broken('I17', `lost: ${key}`);
  }
  for (const [key, copies] of arrived) {
    const expected = Math.max(1, asked.get(key)?.length ?? 0);
    const [first] = copies;
    if (!Object.values(kinds).some((subject) => key.endsWith(subject))) continue;
    if (first && copies.length > expected && !outages.wereBroken(hiding, first.at))
      findings.broken('I17', `came ${copies.length} times, with nothing broken: ${key}`);
  }
}

const keyOf = (address: string, subject: string): string => `to ${address}: ${subject}`;
