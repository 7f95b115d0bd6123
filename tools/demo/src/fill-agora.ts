import { randomBytes, randomUUID } from 'node:crypto';
import { showProgress, type Out } from '@agora/progress';
import pLimit from 'p-limit';
import type { Agora } from './agora.js';
import type { Plan, PlannedPost } from './plan.js';
import { logIn, type User } from './user.js';

/** What has been made so far; every number counts answers of Agora. */
export interface Made {
  users: User[];
  /** The ids of the posts, at the index that they have in the plan. */
  postIds: number[];
  posts: number;
  drafts: number;
  votes: number;
  reports: number;
  /** Votes that each post got, at its index in the plan. */
  votesOf: number[];
}

// Each registration and login costs the server a quarter of a second of a core, and its queue is short.
const usersAtOnce = 4;
const writesAtOnce = 8;

/** Nothing, yet. */
export const nothingMade = (): Made => ({
  users: [],
  postIds: [],
  posts: 0,
  drafts: 0,
  votes: 0,
  reports: 0,
  votesOf: [],
});

/** Makes what is planned and counts it in `made` as it goes, so that the numbers are right wherever it stops. */
export async function fillAgora(agora: Agora, plan: Plan, made: Made, out: Out): Promise<void> {
  const run = randomBytes(4).toString('hex');
  await inParallel('Users', plan.people, usersAtOnce, out, async (name, index) => {
    made.users[index] = await register(agora, {
      email: `${name}.${run}@example.com`,
      name: `${name}_${run}`.replaceAll('.', '_'),
    });
  });
  await inParallel('Posts', plan.posts, writesAtOnce, out, async (post, index) => {
    made.postIds[index] = await publish(agora, userAt(made, post.author), post);
    made.posts += 1;
    if (!post.published) made.drafts += 1;
  });
  await inParallel('Votes', plan.votes, writesAtOnce, out, async ({ voter, post }) => {
    await castVote(agora, userAt(made, voter), made.postIds[post]);
    made.votes += 1;
    made.votesOf[post] = (made.votesOf[post] ?? 0) + 1;
  });
  await inParallel('Reports', plan.reports, writesAtOnce, out, async ({ reporter, post, reason }) => {
    const token = await userAt(made, reporter).token();
    await agora.post(`/posts/${made.postIds[post]}/reports`, { json: { reason }, token, accept: 409 });
    made.reports += 1;
  });
}

async function inParallel<Item>(
  label: string,
  items: Item[],
  atOnce: number,
  out: Out,
  work: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const limit = pLimit(atOnce);
  const progress = showProgress(out, label, items.length);
  const workAndAdvance = async (item: Item, index: number) => {
    await work(item, index);
    progress.advance();
  };
  try {
    await Promise.all(items.map((item, index) => limit(workAndAdvance, item, index)));
  } finally {
    limit.clearQueue();
    progress.end();
  }
}

/** Throws if the user has not been created, which no plan allows. */
function userAt({ users }: Made, index: number): User {
  const user = users[index];
  if (!user) throw new RangeError(`There is no user ${index}.`);
  return user;
}

async function register(agora: Agora, { email, name }: { email: string; name: string }): Promise<User> {
  // Not one password for all: this may be run against an Agora that others reach.
  const password = randomBytes(12).toString('base64url');
  // Address and name are new, so that they are taken can only mean that an attempt without an answer got through.
  await agora.post('/users', { json: { email, name, password }, accept: 409 });
  return logIn(agora, { email, password });
}

async function publish(
  agora: Agora,
  author: User,
  { title, content, published }: PlannedPost,
): Promise<number> {
  const answer = await agora.post<{ id: number }>('/posts', {
    json: { title, content, published },
    token: await author.token(),
    headers: { 'idempotency-key': randomUUID() },
    // Only answered while an earlier attempt with this key is still running.
    retryOn: 409,
  });
  if (!answer) throw new TypeError('A post was answered with nothing.');
  return answer.id;
}

async function castVote(agora: Agora, voter: User, postId: number | undefined): Promise<void> {
  // Nobody else votes as this user, so that the vote exists can only mean that an earlier attempt got through.
  await agora.post('/vote', { json: { post_id: postId, dir: 1 }, token: await voter.token(), accept: 409 });
}
