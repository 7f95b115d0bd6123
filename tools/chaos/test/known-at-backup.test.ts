import { expect, it } from '@jest/globals';
import { knownBetween, remember } from '../src/drill/known-at-backup.js';
import { createWorld, voteKey, type Account, type KnownPost } from '../src/load/world.js';

const account = (id: number): Account => ({
  id,
  email: `${id}@example.test`,
  password: 'secret',
  token: '',
  refreshToken: '',
  deletion: 'none',
  names: new Set([`user_${id}`]),
  ban: 'none',
  confirmed: false,
});

const cast = (by: Account, post: KnownPost, changedAt: number) =>
  [voteKey(by, post), { account: by, post, possible: new Set([true]), changedAt }] as const;

it('lets a backup hold either form of what changed while it was taken, and nothing that came later', () => {
  const world = createWorld();
  const [ada, ben] = [account(1), account(2)];
  const post: KnownPost = { id: 7, title: 'first', author: ada, deletion: 'none' };
  world.accounts.push(ada, ben);
  world.posts.push(post);
  world.votes.set(...cast(ada, post, performance.now() - 1));
  const before = remember(world);
  world.votes.set(...cast(ben, post, performance.now() + 1));
  ben.ban = 'banned';
  ada.password = 'another';
  world.accounts.push(account(3));
  const known = knownBetween(before, remember(world));
  world.posts.push({ ...post, id: 8 });
  ada.deletion = 'done';
  expect(known.accounts.map(({ id, ban, password, deletion }) => [id, ban, password, deletion])).toEqual([
    [1, 'none', '', 'none'],
    [2, 'maybe', 'secret', 'none'],
  ]);
  expect(known.posts.map(({ id }) => id)).toEqual([7]);
  expect(Array.from(known.votes.values(), ({ possible }) => possible)).toEqual([
    new Set([true]),
    new Set([true, false]),
  ]);
  expect(known.posts[0]?.author).toBe(known.accounts[0]);
});
