import { services } from '@agora/local-stack';
import { get, send, times, type Case } from './case.js';
import type { World } from '../world.js';

const votes = (name: string, requests: Case['requests'], more: Partial<Case> = {}): Case => ({
  name,
  service: 'votes',
  requests,
  ...more,
});

const counted = { posts: 'count-votes' };
const vote = (world: World, user: number, post: number, dir: number) =>
  send('POST', '/vote', world.as(user), { post_id: post, dir });

/** What clients ask of votes. */
export const casesOfVotes: readonly Case[] = [
  votes(
    'POST /vote',
    (world, count) =>
      world.users(count).map((user) => vote(world, user, world.next(world.system.data.posts), 1)),
    { reactions: counted },
  ),
  votes(
    'POST /vote, dir 1 then 0, post with many votes',
    (world, count) =>
      world
        .owners(count / 2)
        .flatMap(({ user }) => [1, 0].map((dir) => vote(world, user, world.system.data.hotPost, dir))),
    { reactions: counted },
  ),
  votes('GET /vote?post_ids=, a hundred posts', (world, count) =>
    times(count, () =>
      get(
        `/vote?post_ids=${world.system.data.posts.slice(0, 100).join(',')}`,
        world.as(world.system.data.author),
      ),
    ),
  ),
];

/** What Prometheus asks every few seconds. */
export const scrapes: readonly Case[] = services.map((service) => ({
  name: 'GET /metrics',
  service,
  kind: 'periodic',
  requests: ({ system }, count) =>
    times(count, () => get(`http://127.0.0.1:${system.ports[service].internalPort}/metrics`)),
}));
