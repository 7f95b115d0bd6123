import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eraseAccount } from '../load/posts.js';
import type { Answer } from '../load/ask.js';
import { statusOf } from '../load/ask.js';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';
import { replicasOf } from './processes.js';

const logins = 6;

/** Logs in again and again while something happens to the account, and hands over what each login gave. */
async function logInMeanwhile(
  { attempt, random }: Scene,
  form: Record<string, string>,
  happens: () => Promise<unknown>,
): Promise<Answer[]> {
  const answers: (Answer | undefined)[] = [];
  const logging = Array.from({ length: logins }, async () => {
    await sleep(random.below(300));
    answers.push(await attempt('log in', 'POST', '/login', { form }));
  });
  await sleep(150);
  await happens();
  await Promise.all(logging);
  return answers.filter((answer) => answer !== undefined);
}

/** Nothing that a password opened may outlive its change, whenever it was checked. */
const changePassword: Fault = {
  kind: 'password change among logins',
  touches: 'data',
  quick: true,
  async run(scene) {
    const { attempt, findings, system } = scene;
    const account = await newAuthor(scene);
    let changed: Answer | undefined;
    const form = { username: account.email, password: account.password };
    const answers = await logInMeanwhile(scene, form, async () => {
      changed = await attempt('change password', 'PUT', '/users/me/password', {
        token: account.token,
        json: { current_password: account.password, new_password: randomUUID() },
      });
    });
    if (changed?.status !== 204) return 'no answer to the change';
    // Until every replica has heard of the end of those sessions that were open.
    await sleep(3_000);
    for (const { status, body } of answers) {
      if (status !== 200) continue;
      const refresh = await attempt('refresh', 'POST', '/refresh', {
        json: { refresh_token: body.refresh_token },
      });
      if (refresh?.status === 200)
        findings.broken(
          'I13',
          `a refresh token of the old password of user ${account.id} was good after its change`,
        );
      for (const replica of replicasOf(system, 'auth'))
        if ((await statusOf(replica, String(body.access_token))) < 300)
          findings.broken(
            'I13',
            `${replica.label} served a session of the old password of user ${account.id}`,
          );
    }
    return `${answers.filter(({ status }) => status === 200).length} of ${logins} logins came before it`;
  },
};

/** A login during the deletion of its account is refused, or its session goes with the account. */
const deleteAccount: Fault = {
  kind: 'deletion among logins',
  touches: 'data',
  async run(scene) {
    const { findings } = scene;
    const account = await newAuthor(scene);
    const form = { username: account.email, password: account.password };
    const answers = await logInMeanwhile(scene, form, () => eraseAccount(account, scene));
    for (const { status, body } of answers)
      if (status !== 200 && status !== 403)
        findings.broken('I11', `a login during a deletion was answered ${status} ${String(body.code)}`);
    return `user ${account.id}`;
  },
};

export const sessionFaults: readonly Fault[] = [changePassword, deleteAccount];
