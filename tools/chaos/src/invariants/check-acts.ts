import { setTimeout as sleep } from 'node:timers/promises';
import type { Scene } from '../faults/fault.js';
import { statusOf } from '../load/ask.js';
import { ban } from '../load/bans.js';
import { joinAgora } from '../load/join-agora.js';
import { rename } from '../load/mind-account.js';
import { boundMilliseconds, findShown, remove, restore } from '../load/moderate.js';
import { publish } from '../load/posts.js';
import type { Account } from '../load/world.js';
import { shownNames } from './check-accounts.js';

/** With nothing broken and no load, a rename, a removal and a ban are everywhere within the bound: I15, I16, I18. */
export async function checkActs(scene: Scene, moderator: Account): Promise<void> {
  const { attempt, world, findings, system } = scene;
  const { replicas } = system;
  const account = await joinAgora(attempt, 'acting');
  const stranger = await joinAgora(attempt, 'strangers');
  const post = account && (await publish(account, `acting-${account.id}`, scene));
  if (!account || !stranger || !post)
    return findings.broken('I14', 'nobody could join and write when all was well again');
  world.accounts.push(account, stranger);
  const shown = () => findShown(post, stranger, { attempt, replicas });
  await rename(account, scene);
  const isRenamed = async () =>
    (await shownNames(account, post.id, replicas)).every(({ name }) => account.names.has(name));
  if (!(await comesTrueInTime(isRenamed)))
    findings.broken('I18', `the new name of user ${account.id} was not everywhere in time`);
  await remove(post, { ...scene, moderator });
  if (!(await comesTrueInTime(async () => (await shown()).length === 0)))
    findings.broken('I15', `post ${post.id} was shown past the bound after its removal`);
  const isRefused = async () => {
    const question = { token: stranger.token, json: { post_id: post.id, dir: 1 } };
    return (await attempt('vote on removed', 'POST', '/vote', question))?.status === 404;
  };
  if (!(await comesTrueInTime(isRefused)))
    findings.broken('I15', `post ${post.id} could be voted on past the bound after its removal`);
  await restore(post, stranger, { ...scene, moderator });
  await ban(account, { ...scene, moderator });
  const isOut = async () => {
    const statuses = await Promise.all(replicas.map((replica) => statusOf(replica, account.token)));
    return statuses.every((status) => status >= 400);
  };
  if (!(await comesTrueInTime(isOut)))
    findings.broken('I16', `user ${account.id} was served past the bound after the ban`);
}

async function comesTrueInTime(condition: () => Promise<boolean>): Promise<boolean> {
  const deadline = performance.now() + boundMilliseconds;
  while (performance.now() < deadline) {
    if (await condition()) return true;
    await sleep(50);
  }
  return false;
}
