import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import { unexpected, type Try } from './try-request.js';
import {
  isGone,
  mayBeGone,
  mayBeHidden,
  recordDeletion,
  type Account,
  type KnownPost,
  type World,
} from './world.js';

export interface ClientOptions {
  label: string;
  random: Random;
  world: World;
  findings: Findings;
  attempt: Try;
  signal: AbortSignal;
}

/** Under one `Idempotency-Key` until an answer comes: however many of the requests were carried out, there is one post. */
export async function publishStubbornly(
  account: Account,
  title: string,
  options: ClientOptions,
): Promise<void> {
  const headers = { 'Idempotency-Key': randomUUID() };
  for (let tries = 0; tries < 4 && !options.signal.aborted; tries += 1) {
    if (await publish(account, title, options, headers)) return;
    await sleep(100);
  }
}

/** Writes a post; resolves to it when it is known to exist. */
export async function publish(
  account: Account,
  title: string,
  { world, findings, attempt }: Pick<ClientOptions, 'world' | 'findings' | 'attempt'>,
  headers: Record<string, string> = {},
): Promise<KnownPost | undefined> {
  world.titles.add(title);
  const json = { title, content: 'What a day.' };
  const answer = await attempt('publish', 'POST', '/posts', { token: account.token, json, headers });
  // The request before, which got no answer, may be at work still.
  if (!answer || answer.body.code === 'idempotency_key_in_use') return undefined;
  if (answer.status !== 201) return unexpected(answer, `publishing ${title}`, findings);
  const post: KnownPost = { id: Number(answer.body.id), title, author: account, deletion: 'none' };
  world.posts.push(post);
  return post;
}

/** Reads a post. */
export async function read(
  account: Account,
  post: KnownPost | undefined,
  { findings, attempt }: ClientOptions,
): Promise<void> {
  if (!post) return;
  const wasGone = isGone(post);
  const at = Date.now();
  const answer = await attempt('read', 'GET', `/posts/${post.id}`, { token: account.token });
  if (!answer) return;
  if (answer.status === 404 && (mayBeGone(post) || mayBeHidden(post, at))) return;
  if (answer.status !== 200) return unexpected(answer, `reading post ${post.id}`, findings);
  if (answer.body.id !== post.id || answer.body.title !== post.title)
    findings.broken('I11', `reading post ${post.id} was answered with ${answer.text.slice(0, 200)}`);
  if (wasGone && post.deletion === 'done')
    findings.broken('I4', `post ${post.id} was read after its deletion`);
}

/** Reports another author's post to the moderators, once. */
export async function report(
  account: Account,
  post: KnownPost | undefined,
  { world, findings, attempt }: ClientOptions,
): Promise<void> {
  if (!post || post.author === account) return;
  const at = Date.now();
  const answer = await attempt('report', 'POST', `/posts/${post.id}/reports`, {
    token: account.token,
    json: { reason: 'Nothing but noise.' },
  });
  if (!answer || answer.body.code === 'already_reported') return;
  if (answer.status === 201) world.reports.push({ post, reporter: account });
  else if (answer.status !== 404 || !(mayBeGone(post) || mayBeHidden(post, at)))
    unexpected(answer, `reporting post ${post.id}`, findings);
}

/** Deletes a post. */
export async function erasePost(
  post: KnownPost | undefined,
  { findings, attempt }: Pick<ClientOptions, 'findings' | 'attempt'>,
): Promise<void> {
  if (!post) return;
  recordDeletion(post, 'asked');
  const answer = await attempt('delete post', 'DELETE', `/posts/${post.id}`, { token: post.author.token });
  if (answer?.status === 204) recordDeletion(post, 'done');
  else if (answer) unexpected(answer, `deleting post ${post.id}`, findings);
}

/** Deletes an account. */
export async function eraseAccount(
  account: Account,
  { findings, attempt }: Pick<ClientOptions, 'findings' | 'attempt'>,
): Promise<void> {
  recordDeletion(account, 'asked');
  const answer = await attempt('delete user', 'DELETE', '/users/me', { token: account.token });
  if (answer?.status === 204) recordDeletion(account, 'done');
  else if (answer) unexpected(answer, `deleting user ${account.id}`, findings);
}
