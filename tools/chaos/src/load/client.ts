import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Findings } from '../findings.js';
import type { Random } from '../random.js';
import type { Answer } from './ask.js';
import { joinAgora } from './join-agora.js';
import type { Try } from './try-request.js';
import {
  goneAt,
  isGone,
  mayBeGone,
  recordDeletion,
  voteKey,
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

/** Uses Agora as a person's programs would, one request after the other, and holds every answer against what it knows. */
export async function runClient(options: ClientOptions): Promise<void> {
  const { random, signal } = options;
  const own: Account[] = [];
  let count = 0;
  while (!signal.aborted) {
    while (own.length < 2 && !signal.aborted) {
      const account = await joinAgora(options.attempt, options.label);
      if (account) {
        own.push(account);
        options.world.accounts.push(account);
      } else await sleep(100);
    }
    if (signal.aborted) return;
    const account = random.pick(own);
    count += 1;
    await act(account, count, options);
    if (account.deletion !== 'none') own.splice(own.indexOf(account), 1);
    await sleep(random.below(20));
  }
}

async function act(account: Account, count: number, options: ClientOptions): Promise<void> {
  const { random, world, label } = options;
  const hot = random.below(2) === 0 ? world.hot.at(-1) : undefined;
  const dice = random.below(100);
  if (hot) return vote(account, hot, options);
  if (dice < 12) return void (await publish(account, `${label}-${count}`, options));
  if (dice < 25) return publishStubbornly(account, `${label}-${count}`, options);
  if (dice < 62) return vote(account, choosePost(options), options);
  if (dice < 65) return voteTooLate(account, options);
  if (dice < 85) return changeVote(account, options);
  if (dice < 90) return read(account, choosePost(options), options);
  if (dice < 98) return erasePost(chooseOwnPost(account, options), options);
  return eraseAccount(account, options);
}

/** Under one `Idempotency-Key` until an answer comes: however many of the requests were carried out, there is one post. */
async function publishStubbornly(account: Account, title: string, options: ClientOptions): Promise<void> {
  const headers = { 'Idempotency-Key': randomUUID() };
  for (let tries = 0; tries < 4 && !options.signal.aborted; tries += 1) {
    if (await publish(account, title, options, headers)) return;
    await sleep(100);
  }
}

/** Writes a post; the post when it is known to be there. */
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

async function vote(account: Account, post: KnownPost | undefined, options: ClientOptions): Promise<void> {
  if (!post) return;
  const key = options.world.votes.get(voteKey(account, post));
  await setVote(account, post, !(key?.possible.has(true) ?? false), options);
}

/** Turns one of the votes that the account has cast or taken back. */
async function changeVote(account: Account, options: ClientOptions): Promise<void> {
  const keys = [...options.world.votes.values()].filter(
    (key) => key.account === account && !mayBeGone(key.post),
  );
  if (keys.length === 0) return;
  await vote(account, options.random.pick(keys).post, options);
}

/** One writer per key, and none after a request whose end nobody knows: it may be carried out late, after the next. */
async function setVote(
  account: Account,
  post: KnownPost,
  wanted: boolean,
  { world, findings, attempt, random }: ClientOptions,
): Promise<void> {
  const name = voteKey(account, post);
  const isFirst = !world.votes.has(name);
  const { possible } = world.votes.get(name) ?? { possible: new Set([false]) };
  if (possible.size > 1) return;
  const set = (...values: boolean[]) => world.votes.set(name, { account, post, possible: new Set(values) });
  const json = { post_id: post.id, dir: wanted ? 1 : 0 };
  // Until the answer comes, a check of everything must not take the old value for the only one.
  set(...possible, wanted);
  const at = Date.now();
  const deletedAt = goneAt(post);
  const answer = await attempt(wanted ? 'vote' : 'take back', 'POST', '/vote', {
    token: account.token,
    json,
  });
  if (!answer) return;
  set(answer.status === 201 ? wanted : ([...possible][0] ?? false));
  if (answer.status === 201) {
    if (wanted && deletedAt !== undefined) world.lateVotes.push({ post, at, deletedAt });
    if (isFirst && random.below(2) === 0)
      await readOwnVote(account, post, answer, { world, findings, attempt });
    return;
  }
  if (answer.body.code === 'post_not_found' && mayBeGone(post)) return;
  const what = `${wanted ? 'voting' : 'taking the vote back'} on post ${post.id} as user ${account.id}`;
  // Its value was known and is the other one: 409 and 404 contradict an earlier answer.
  if (answer.status === 409 || answer.body.code === 'vote_not_found')
    findings.broken(
      'I2',
      `${what} was answered ${answer.status} ${String(answer.body.code)} against the answer before`,
    );
  else unexpected(answer, what, findings);
}

/** With the token of the vote its author sees it counted, or is told that this could not be had. Votes of others may come and go in any order. */
async function readOwnVote(
  account: Account,
  post: KnownPost,
  { headers }: Answer,
  { world, findings, attempt }: Pick<ClientOptions, 'world' | 'findings' | 'attempt'>,
): Promise<void> {
  const question = {
    token: account.token,
    headers: { 'Consistency-Token': String(headers['consistency-token']) },
  };
  const answer = await attempt('read own vote', 'GET', `/posts/${post.id}`, question);
  if (!answer || (answer.status === 404 && mayBeGone(post))) return;
  if (answer.status !== 200) return unexpected(answer, `reading post ${post.id}`, findings);
  const isAlone = [...world.votes.values()].every((key) => key.post !== post || key.account === account);
  if (isAlone && answer.headers.consistency !== 'stale' && answer.body.votes !== 1)
    findings.broken('I3', `post ${post.id} was read without the vote that its token stands for`);
}

/** On a post that is gone, where votes may not know yet. */
async function voteTooLate(account: Account, options: ClientOptions): Promise<void> {
  const gone = options.world.posts.slice(-60).filter(isGone);
  if (gone.length > 0) await vote(account, gone.at(-1), options);
}

async function read(
  account: Account,
  post: KnownPost | undefined,
  { findings, attempt }: ClientOptions,
): Promise<void> {
  if (!post) return;
  const wasGone = isGone(post);
  const answer = await attempt('read', 'GET', `/posts/${post.id}`, { token: account.token });
  if (!answer) return;
  if (answer.status === 404 && mayBeGone(post)) return;
  if (answer.status !== 200) return unexpected(answer, `reading post ${post.id}`, findings);
  if (answer.body.id !== post.id || answer.body.title !== post.title)
    findings.broken('I11', `reading post ${post.id} was answered with ${answer.text.slice(0, 200)}`);
  if (wasGone && post.deletion === 'done')
    findings.broken('I4', `post ${post.id} was read after its deletion`);
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

/** Rather a recent post, so that several users meet on it. */
function choosePost({ random, world }: ClientOptions): KnownPost | undefined {
  const recent = world.posts.slice(-40).filter((post) => !mayBeGone(post));
  return recent.length > 0 ? random.pick(recent) : undefined;
}

function chooseOwnPost(account: Account, { random, world }: ClientOptions): KnownPost | undefined {
  const own = world.posts.filter(({ author, deletion }) => author === account && deletion === 'none');
  return own.length > 0 ? random.pick(own) : undefined;
}

function unexpected({ status, body }: Answer, what: string, { broken }: Findings): undefined {
  broken('I1', `${what} was answered ${status} ${String(body.code)}`);
}
