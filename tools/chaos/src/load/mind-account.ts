import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.js';
import { joinAgora } from './join-agora.js';
import { confirmAddress, type MailReader } from './mails.js';
import { publish } from './posts.js';
import { unexpected, type Try } from './try-request.js';
import type { Account, World } from './world.js';

interface Minding extends MailReader {
  world: World;
  findings: Findings;
  attempt: Try;
}

const pauseMilliseconds = 500;

/** Joins, confirms the address with the token that was mailed, writes, and takes another name, twice. */
export async function mindAccounts(minding: Minding): Promise<void> {
  const { attempt, world, signal } = minding;
  while (!signal.aborted) {
    const account = await joinAgora(attempt, 'minders');
    if (account) {
      world.accounts.push(account);
      await publish(account, `minded-${account.id}`, minding);
      await rename(account, minding);
      await confirmAddress(account, minding);
      await rename(account, minding);
    }
    await sleep(pauseMilliseconds);
  }
}

/** Renames an account, unless its current name is unknown. */
export async function rename(
  account: Account,
  { attempt, findings }: Pick<Minding, 'attempt' | 'findings'>,
): Promise<void> {
  if (account.names.size > 1) return;
  const name = `n_${randomUUID().slice(0, 13).replace('-', '_')}`;
  account.names = new Set([...account.names, name]);
  const answer = await attempt('rename', 'PATCH', '/users/me', { token: account.token, json: { name } });
  if (!answer) return;
  account.names = new Set([name]);
  if (answer.status !== 200 || answer.body.name !== name)
    unexpected(answer, `renaming user ${account.id}`, findings);
}
