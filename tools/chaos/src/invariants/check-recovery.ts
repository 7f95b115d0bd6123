import { setTimeout as sleep } from 'node:timers/promises';
import { publish } from '../load/posts.js';
import { joinAgora } from '../load/join-agora.js';
import { statusOf } from '../load/ask.js';
import { voteKey } from '../load/world.js';
import type { Scene } from '../faults/fault.js';
import { NotReady, untilAllReady } from '../system/system.js';

const recoverySeconds = 10;

/** Within 10 s of the last fault every process is ready, and an event of each kind goes all its way: I14. Nothing may be broken any more. */
export async function checkRecovery(scene: Scene): Promise<void> {
  const { system, findings, signal } = scene;
  const deadline = performance.now() + recoverySeconds * 1_000;
  try {
    await untilAllReady(system.replicas, signal, recoverySeconds);
  } catch (error) {
    if (!(error instanceof NotReady)) throw error;
    findings.broken('I14', error.message);
    return untilAllReady(system.replicas, signal);
  }
  let missing = 'a new account';
  while (performance.now() < deadline) {
    missing = (await findMissing(scene, deadline)) ?? '';
    if (!missing) return;
    await sleep(200, undefined, { signal });
  }
  findings.broken('I14', `${recoverySeconds} s after the last fault there is still missing: ${missing}`);
}

/** What does not come through yet, of a post, a vote on it, and the end of a session. */
async function findMissing(scene: Scene, deadline: number): Promise<string | undefined> {
  const { attempt, world, system } = scene;
  const account = await joinAgora(attempt, 'recovered');
  if (!account) return 'a new account';
  world.accounts.push(account);
  const { token } = account;
  const post = await publish(account, `recovered-${account.id}`, scene);
  if (!post) return 'a new post';
  const vote = await attempt('vote', 'POST', '/vote', { token, json: { post_id: post.id, dir: 1 } });
  if (vote?.status !== 201) return 'a vote';
  world.votes.set(voteKey(account, post), {
    account,
    post,
    possible: new Set([true]),
    changedAt: performance.now(),
  });
  const isCounted = async () =>
    (await attempt('read', 'GET', `/posts/${post.id}`, { token }))?.body.votes === 1;
  if (!(await comesTrue(isCounted, deadline))) return 'a vote in the count of its post';
  const logout = await attempt('log out', 'POST', '/logout', { token });
  if (logout?.status !== 204) return 'a logout';
  for (const replica of system.replicas) {
    const isRefused = async () => (await statusOf(replica, token)) === 401;
    if (!(await comesTrue(isRefused, deadline))) return `the end of a session at ${replica.label}`;
  }
  return undefined;
}

async function comesTrue(condition: () => Promise<boolean>, deadline: number): Promise<boolean> {
  while (performance.now() < deadline) {
    if (await condition()) return true;
    await sleep(50);
  }
  return false;
}
