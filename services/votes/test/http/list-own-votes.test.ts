import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { postDeleted, postUpdated } from '@agora/contracts';
import { eventually, freshId, httpClient, openCourier, tokenFor, type Courier } from '@agora/testing';
import { startVotes, type Votes } from '../start-votes.js';

describe('GET /vote', () => {
  let votes: Votes;
  let courier: Courier;
  const list = (userId: number, query: string) =>
    httpClient(votes.agora.process('votes').url)('GET', `/vote?${query}`, { token: tokenFor(userId) });
  const votedOf = async (userId: number, postIds: number[]) =>
    (await list(userId, `post_ids=${postIds.join(',')}`)).body.voted;

  beforeAll(async () => {
    [votes, courier] = await Promise.all([startVotes(), openCourier()]);
  });
  afterAll(async () => {
    await courier.close();
    await votes.stop();
  });

  it('lists which of the posts the caller has voted for, each once and in ascending order', async () => {
    const [ann, bob] = [freshId(), freshId()];
    const [first = 0, second = 0, third = 0] = [votes.newPost(), votes.newPost(), votes.newPost()].toSorted(
      (one, other) => one - other,
    );
    for (const post of [third, first]) await votes.vote(ann, post, 1);
    await votes.vote(bob, second, 1);
    const { status, body } = await list(ann, `post_ids=${[third, second, first, third].join(',')}&unknown=1`);
    expect([status, body]).toEqual([200, { voted: [first, third] }]);
    await votes.vote(ann, first, 0);
    expect(await votedOf(ann, [first, second, third])).toEqual([third]);
    expect(await votedOf(ann, [second, freshId()])).toEqual([]);
  });

  it('shows each of many concurrent users their own votes', async () => {
    const posts = [votes.newPost(), votes.newPost()].toSorted((one, other) => one - other);
    const users = Array.from({ length: 12 }, freshId);
    // Each votes for both, one or none, by their place.
    const castBy = (place: number) => posts.slice(place % 3);
    for (const [place, user] of users.entries())
      for (const post of castBy(place)) await votes.vote(user, post, 1);
    expect(await Promise.all(users.map((user) => votedOf(user, posts.toReversed())))).toEqual(
      users.map((_user, place) => castBy(place)),
    );
  });

  it('hides votes on a deleted post, and on a draft from all but its owner', async () => {
    const [owner, ann] = [freshId(), freshId()];
    const post = votes.newPost({ owner_id: owner });
    for (const user of [owner, ann]) await votes.vote(user, post, 1);
    await courier.deliver(postUpdated, { post_id: post, owner_id: owner, published: false, version: 2 });
    await eventually(async () => expect(await votedOf(ann, [post])).toEqual([]));
    expect(await votedOf(owner, [post])).toEqual([post]);
    await courier.deliver(postDeleted, { post_id: post });
    await eventually(async () => expect(await votedOf(owner, [post])).toEqual([]));
  });

  it('accepts a hundred ids, including the largest', async () => {
    const ids = Array.from({ length: 100 }, (_id, index) => 2_147_483_647 - index);
    expect(await votedOf(freshId(), ids)).toEqual([]);
  });

  it.each([
    '',
    'post_ids=',
    'post_ids=0',
    'post_ids=2147483648',
    'post_ids=1,',
    'post_ids=1,,2',
    'post_ids=1,%202',
    'post_ids=1.5',
    'post_ids=x',
    'post_ids=1&post_ids=2',
    'post_ids[]=1',
    `post_ids=${Array(101).fill(1).join(',')}`,
  ])('refuses the query %j', async (query) => {
    const { status, body } = await list(freshId(), query);
    expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, ['post_ids']]);
  });
});
