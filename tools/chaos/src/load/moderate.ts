import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import type { Replica } from '../system/replica.js';
import { askReplica } from './ask.js';
import { choosePost } from './client.js';
import { joinAgora } from './join-agora.js';
import { unexpected, type Try } from './try-request.js';
import { mayBeGone, recordRemoval, type Account, type KnownPost, type World } from './world.js';

export interface Moderation {
  random: Random;
  world: World;
  findings: Findings;
  attempt: Try;
  moderator: Account;
  replicas: readonly Replica[];
  signal: AbortSignal;
}

/** As for sessions: two seconds are promised. */
export const boundMilliseconds = 3_000;
const looks = 3;
const pauseMilliseconds = 250;

/** Removes posts of others while all vote on them, checks that nobody is shown them, and restores most of them. */
export async function moderate(moderation: Moderation): Promise<void> {
  const { signal, random, attempt, world } = moderation;
  let stranger: Account | undefined;
  while (!signal.aborted) {
    await sleep(pauseMilliseconds);
    const post = choosePost(moderation);
    stranger ??= await joinAgora(attempt, 'strangers');
    if (!post || !stranger || post.removal !== undefined) continue;
    if (!world.accounts.includes(stranger)) world.accounts.push(stranger);
    world.hot.push(post);
    await sleep(pauseMilliseconds);
    const isRemoved = await remove(post, moderation);
    world.hot = world.hot.filter((each) => each !== post);
    if (!isRemoved) continue;
    await expectHidden(post, stranger, moderation);
    if (random.below(4) > 0) await restore(post, stranger, moderation);
  }
}

const pathOf = ({ id }: KnownPost) => `/posts/${id}/removal`;

/** Removes a post; resolves to whether it is known to be removed. */
export async function remove(
  post: KnownPost,
  { attempt, moderator, findings }: Pick<Moderation, 'attempt' | 'moderator' | 'findings'>,
): Promise<boolean> {
  recordRemoval(post, 'maybe');
  const json = { reason: 'Not for here.' };
  const answer = await attempt('remove', 'PUT', pathOf(post), { token: moderator.token, json });
  if (answer?.status === 204) recordRemoval(post, 'removed');
  else if (answer && !mayBeGone(post)) unexpected(answer, `removing post ${post.id}`, findings);
  return post.removal === 'removed';
}

/** Nobody but its author and moderators is shown it, by any replica and in any list, from the bound on. */
async function expectHidden(post: KnownPost, stranger: Account, moderation: Moderation): Promise<void> {
  const { signal, attempt, findings, replicas, moderator } = moderation;
  await sleep(boundMilliseconds, undefined, { signal }).catch(() => undefined);
  for (let look = 0; look < looks && !signal.aborted; look += 1) {
    for (const where of await findShown(post, stranger, { attempt, replicas }))
      findings.broken('I15', `post ${post.id} was shown ${where} after its removal`);
    await sleep(pauseMilliseconds);
  }
  for (const reader of [post.author, moderator]) {
    const answer = await attempt('read removed', 'GET', `/posts/${post.id}`, { token: reader.token });
    if (answer && !mayBeGone(post) && (answer.status !== 200 || !answer.body.removed))
      findings.broken('I15', `post ${post.id}, removed, was answered ${answer.status} to user ${reader.id}`);
  }
}

/** Where a post is wrongly shown: by which replica, or in which list. */
export async function findShown(
  { id, title, author }: KnownPost,
  { token }: Account,
  { attempt, replicas }: Pick<Moderation, 'attempt' | 'replicas'>,
): Promise<string[]> {
  const shown: string[] = [];
  for (const replica of replicas.filter(({ name }) => name === 'posts')) {
    const answer = replica.isOut() ? undefined : await askReplica(replica, `/posts/${id}`, token);
    if (answer?.status === 200) shown.push(`by ${replica.label}`);
  }
  for (const query of [`owner_id=${author.id}`, `search=${title}`, 'sort=hot']) {
    const feed = await attempt('read feed', 'GET', `/feed?limit=100&${query}`, { token });
    const posts = (feed?.status === 200 ? feed.body : []) as unknown as { id: number }[];
    if (posts.some((post) => post.id === id)) shown.push(`in /feed?${query}`);
  }
  return shown;
}

/** It is back at once, where it was read from before. */
export async function restore(
  post: KnownPost,
  { token }: Account,
  { attempt, moderator, findings }: Pick<Moderation, 'attempt' | 'moderator' | 'findings'>,
): Promise<void> {
  recordRemoval(post, 'maybe');
  const answer = await attempt('restore', 'DELETE', pathOf(post), { token: moderator.token });
  if (!answer || (answer.status === 404 && mayBeGone(post))) return;
  if (answer.status !== 204) return unexpected(answer, `restoring post ${post.id}`, findings);
  recordRemoval(post, 'restored');
  const read = await attempt('read restored', 'GET', `/posts/${post.id}`, { token });
  if (read && read.status !== 200 && !mayBeGone(post))
    findings.broken('I15', `post ${post.id} was answered ${read.status} after it was restored`);
}
