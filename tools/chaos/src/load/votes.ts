import type { Answer } from './ask.js';
import type { ClientOptions } from './posts.js';
import { unexpected } from './try-request.js';
import { goneAt, isGone, mayBeGone, mayBeHidden, voteKey, type Account, type KnownPost } from './world.js';

/** Votes on a post, or takes the vote back. */
export async function vote(
  account: Account,
  post: KnownPost | undefined,
  options: ClientOptions,
): Promise<void> {
  if (!post) return;
  const key = options.world.votes.get(voteKey(account, post));
  await setVote(account, post, !(key?.possible.has(true) ?? false), options);
}

/** Turns one of the votes that the account has cast or taken back. */
export async function changeVote(account: Account, options: ClientOptions): Promise<void> {
  const keys = [...options.world.votes.values()].filter(
    (key) => key.account === account && !mayBeGone(key.post),
  );
  if (keys.length === 0) return;
  await vote(account, options.random.pick(keys).post, options);
}

/** One writer per key, and none after a request with an unknown outcome: it may be carried out late, after the next. */
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
  const set = (...values: boolean[]) =>
    world.votes.set(name, { account, post, possible: new Set(values), changedAt: performance.now() });
  const json = { post_id: post.id, dir: wanted ? 1 : 0 };
  // Until the answer comes, a check of everything must not take the old value for the only one.
  set(...possible, wanted);
  const at = Date.now();
  const deletedAt = goneAt(post);
  const wasRemoved = post.removal === 'removed';
  const answer = await attempt(wanted ? 'vote' : 'take back', 'POST', '/vote', {
    token: account.token,
    json,
  });
  if (!answer) return;
  set(answer.status === 201 ? wanted : ([...possible][0] ?? false));
  if (answer.status === 201) {
    if (wanted && deletedAt !== undefined) world.lateVotes.push({ post, at, deletedAt });
    if (wasRemoved && post.removal === 'removed' && account !== post.author)
      world.hiddenVotes.push({ post, at });
    if (isFirst && random.below(2) === 0)
      await readOwnVote(account, post, answer, { world, findings, attempt });
    return;
  }
  if (answer.body.code === 'post_not_found' && (mayBeGone(post) || mayBeHidden(post, at))) return;
  const what = `${wanted ? 'voting' : 'taking the vote back'} on post ${post.id} as user ${account.id}`;
  // Its value was known and is the other one: 409 and 404 contradict an earlier answer.
  if (answer.status === 409 || answer.body.code === 'vote_not_found')
    findings.broken(
      'I2',
      `${what} was answered ${answer.status} ${String(answer.body.code)} against the answer before`,
    );
  else unexpected(answer, what, findings);
}

/** With the vote's token its author sees it counted, or an answer marked stale. Votes of others may come and go in any order. */
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
  const at = Date.now();
  const answer = await attempt('read own vote', 'GET', `/posts/${post.id}`, question);
  if (!answer || (answer.status === 404 && (mayBeGone(post) || mayBeHidden(post, at)))) return;
  if (answer.status !== 200) return unexpected(answer, `reading post ${post.id}`, findings);
  const isAlone = [...world.votes.values()].every((key) => key.post !== post || key.account === account);
  if (isAlone && answer.headers.consistency !== 'stale' && answer.body.votes !== 1)
    findings.broken('I3', `post ${post.id} was read without the vote that its token stands for`);
}

/** On a post that is gone, where votes may not know yet. */
export async function voteTooLate(account: Account, options: ClientOptions): Promise<void> {
  const gone = options.world.posts.slice(-60).filter(isGone);
  if (gone.length > 0) await vote(account, gone.at(-1), options);
}
