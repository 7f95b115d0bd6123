import type { Scene } from '../faults/fault.js';
import { statusOf } from '../load/ask.js';
import { joinAgora } from '../load/join-agora.js';
import type { World } from '../load/world.js';
import type { Evidence } from '../invariants/evidence.js';

/** As many of the lost accounts are asked for, the newest. */
const askedAccounts = 5;

/** What came after a backup is gone, for everybody alike, and no token opens anything that it opened before: I19. */
export async function checkGone(lost: World, known: World, evidence: Evidence): Promise<void> {
  const { system, findings, attempt } = evidence;
  const { query } = system.administration;
  // Requests sent before the backup may be in it although they were not answered.
  const titles = [...lost.titles].filter((title) => !known.titles.has(title));
  const posts = await query<{ id: number }>('SELECT id FROM posts.posts WHERE title = ANY($1)', [titles]);
  for (const { id } of posts) findings.broken('I19', `post ${id} is younger than the backup, and is there`);
  const kept = new Set(known.accounts.map(({ id }) => id));
  const accounts = lost.accounts.filter(({ id, password }) => !kept.has(id) && password !== '');
  for (const { id, email, password, token } of accounts.slice(-askedAccounts)) {
    for (const replica of system.replicas)
      if ((await statusOf(replica, token)) < 400)
        findings.broken('I19', `${replica.label} serves user ${id}, who is lost`);
    const form = { username: email, password };
    const login = await attempt('log in lost', 'POST', '/login', { form });
    if (login && login.status !== 403)
      findings.broken('I19', `the login of user ${id}, who is lost, was answered ${login.status}`);
  }
}

/** Every user of the time of the backup can log in with the password of then: I19. */
export async function logInAgain({ world, attempt, findings }: Scene): Promise<void> {
  for (const account of world.accounts) {
    const { id, email, password, deletion, ban } = account;
    if (deletion !== 'none' || password === '') continue;
    const form = { username: email, password };
    const login = await untilAnswered(() => attempt('log in again', 'POST', '/login', { form }));
    if (login.status === 200) {
      account.token = String(login.body.access_token);
      account.refreshToken = String(login.body.refresh_token);
    } else if (ban === 'none' || login.body.code !== 'banned')
      findings.broken('I19', `the login of user ${id}, who was there, was answered ${login.status}`);
  }
}

async function untilAnswered<Answer>(ask: () => Promise<Answer | undefined>): Promise<Answer> {
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
  }
}

/** No account and no post gets the number of one that was lost: I19. */
export async function checkIds(lost: World, { attempt, world, findings }: Scene): Promise<void> {
  const account = await joinAgora(attempt, 'newcomers');
  if (!account) return findings.broken('I14', 'nobody could register after the restore');
  world.accounts.push(account);
  const json = { title: `new-${account.id}`, content: 'Here again.' };
  world.titles.add(json.title);
  const post = await attempt('publish', 'POST', '/posts', { token: account.token, json });
  if (post?.status !== 201) return findings.broken('I14', 'nobody could write after the restore');
  if (lost.accounts.some(({ id }) => id >= account.id))
    findings.broken(
      'I19',
      `a new account got the number ${account.id}, which is not past those that were lost`,
    );
  if (lost.posts.some(({ id }) => id >= Number(post.body.id)))
    findings.broken(
      'I19',
      `a new post got the number ${Number(post.body.id)}, which is not past those that were lost`,
    );
}
