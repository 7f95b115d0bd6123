import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { eraseAccount, erasePost, publish } from '../load/posts.js';
import { joinAgora } from '../load/join-agora.js';
import type { Account, KnownPost } from '../load/world.js';
import type { Fault, Scene } from './fault.js';

/** How long a busy machine may shed registrations. */
const tries = 10;

/** Somebody whom no client uses. */
export async function newAuthor({ attempt, world }: Pick<Scene, 'attempt' | 'world'>): Promise<Account> {
  for (let count = 0; count < tries; count += 1) {
    const account = await joinAgora(attempt, 'faults');
    if (account) {
      world.accounts.push(account);
      return account;
    }
    await sleep(300);
  }
  throw new Error('nobody could be registered');
}

async function publishHot(scene: Scene, author: Account): Promise<KnownPost> {
  const post = await publish(author, `hot-${randomUUID()}`, scene);
  if (!post) throw new Error('no post could be published');
  scene.world.hot.push(post);
  return post;
}

const coolDown = ({ world }: Scene, post: KnownPost) => {
  world.hot = world.hot.filter((each) => each !== post);
};

/** All clients vote on posts that go meanwhile, one after the other. */
const deleteHotPosts: Fault = {
  kind: 'delete hot posts',
  touches: 'data',
  quick: true,
  async run(scene) {
    const author = await newAuthor(scene);
    const count = 4;
    for (let index = 0; index < count; index += 1) {
      const post = await publishHot(scene, author);
      await sleep(400 + scene.random.below(300));
      await erasePost(post, scene);
      await sleep(150);
      coolDown(scene, post);
    }
    return `${count} posts`;
  },
};

/** Slowness makes the moment long between a vote's look at its post and its commit. */
const deleteHotPostsSlowly: Fault = {
  kind: 'delete hot posts while postgres is slow',
  touches: 'postgres',
  async run(scene) {
    const ways = scene.system.replicas.flatMap((replica) =>
      replica.name === 'votes' ? (replica.ways.postgres ?? []) : [],
    );
    for (const way of ways) way.slowDown(60);
    try {
      return await deleteHotPosts.run(scene);
    } finally {
      for (const way of ways) way.heal();
    }
  },
};

const deleteHotAuthor: Fault = {
  kind: 'delete a hot author',
  touches: 'data',
  quick: true,
  async run(scene) {
    const author = await newAuthor(scene);
    const post = await publishHot(scene, author);
    await sleep(800);
    await eraseAccount(author, scene);
    await sleep(300);
    coolDown(scene, post);
    return `user ${author.id} with post ${post.id}`;
  },
};

/** Twenty at once; those with an unknown outcome are repeated. */
const sameKey: Fault = {
  kind: 'same idempotency key',
  touches: 'data',
  quick: true,
  async run(scene) {
    const author = await newAuthor(scene);
    const title = `same-${randomUUID()}`;
    scene.world.titles.add(title);
    const question = {
      token: author.token,
      json: { title, content: 'Once.' },
      headers: { 'Idempotency-Key': randomUUID() },
    };
    const first = await scene.attempt('publish by key', 'POST', '/posts', question);
    const second = await scene.attempt('publish by key', 'POST', '/posts', question);
    if (first?.status === 201 && second?.status === 201 && !second.headers['idempotency-replayed']) {
      // Posts that takes no keys yet has written two, and has promised nothing else.
      scene.world.titles.add(twice(title));
      return 'not supported';
    }
    return (await repeatByKey(scene, author)) ?? 'no answer';
  },
};

/** The mark of a title that was knowingly sent twice. */
export const twice = (title: string): string => `2 × ${title}`;

async function repeatByKey({ attempt, world, findings }: Scene, { token }: Account): Promise<string> {
  const title = `once-${randomUUID()}`;
  world.titles.add(title);
  const question = { token, json: { title, content: 'Once.' }, headers: { 'Idempotency-Key': randomUUID() } };
  const ask = () => attempt('publish by key', 'POST', '/posts', question);
  const answers = await Promise.all(Array.from({ length: 20 }, ask));
  const ids = new Set(answers.flatMap((answer) => (answer?.status === 201 ? [answer.body.id] : [])));
  if (ids.size > 1) findings.broken('I7', `one key was answered with the posts ${[...ids].join(', ')}`);
  for (const answer of answers)
    if (answer && answer.status !== 201 && answer.status !== 409)
      findings.broken('I7', `a repeated key was answered ${answer.status} ${String(answer.body.code)}`);
  return `20 at once, ${ids.size} post`;
}

export const dataFaults: readonly Fault[] = [deleteHotPosts, deleteHotPostsSlowly, deleteHotAuthor, sameKey];
