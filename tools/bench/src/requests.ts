import type { Bench } from './bench.js';
import { emailOf } from './data/seed.js';
import { perConnection, type Request } from './load/routes.js';

/** The headers of a user. */
export const headersOf = (token: string) => ({ Authorization: `Bearer ${token}` });

/** On every connection the same read, by the author of a quarter of all posts. */
export function readBy(bench: Bench, path: string): Request[][] {
  const headers = headersOf(bench.key.tokenFor(bench.system.data.author));
  return perConnection([{ method: 'GET', path, headers }], bench.options.connections);
}

/** Posts that everybody may see, different ones on each connection. */
export function readPosts(bench: Bench, data: Bench['system']['data']): Request[][] {
  const headers = headersOf(bench.key.tokenFor(data.author));
  const connections = bench.options.connections;
  return Array.from({ length: connections }, (_, index) =>
    share(data.posts, index, connections).map((id) => ({ method: 'GET', path: `/posts/${id}`, headers })),
  );
}

/** Everybody casts a vote and takes it back, again and again: for the one post, or each for other ones. */
export function vote(bench: Bench, hotPost?: number): Request[][] {
  const connections = bench.options.connections;
  return bench.takeVoters(connections).map((voter, index) => {
    const posts = hotPost === undefined ? share(votable(bench), index, connections) : [hotPost];
    const headers = jsonHeadersOf(bench, voter);
    return posts.flatMap((id) => [voteRequest(headers, id, 1), voteRequest(headers, id, 0)]);
  });
}

/** Votes that may be cast concurrently. */
export function voteOnce(bench: Bench, count: number): Request[][] {
  const posts = votable(bench).slice(0, 1_600);
  const voters = bench.takeVoters(Math.ceil((count + 1) / posts.length));
  const requests = voters.flatMap((voter) => {
    const headers = jsonHeadersOf(bench, voter);
    return posts.map((id) => voteRequest(headers, id, 1));
  });
  return requests.slice(0, count + 1).map((request) => [request]);
}

/** The post that is watched, on which nobody else votes. */
export const watchedPost = ({ posts }: Bench['system']['data']): number => posts.at(-1) ?? 0;

const votable = ({ system }: Bench): number[] => system.data.posts.slice(0, -1);

const voteRequest = (headers: Record<string, string>, id: number, dir: number): Request => ({
  method: 'POST',
  path: '/vote',
  headers,
  body: JSON.stringify({ post_id: id, dir }),
});

const jsonHeadersOf = ({ key }: Bench, userId: number) => ({
  ...headersOf(key.tokenFor(userId)),
  'Content-Type': 'application/json',
});

/** Everybody writes posts. */
export function publish(bench: Bench): Request[][] {
  return bench.takeVoters(bench.options.connections).map((writer) => [
    {
      method: 'POST',
      path: '/posts',
      headers: jsonHeadersOf(bench, writer),
      body: JSON.stringify({ title: 'How to prune roses', content: 'In early spring. '.repeat(24) }),
    },
  ]);
}

/** On each connection others replace their posts. */
export function rewriteOwn(bench: Bench): Request[][] {
  const { connections } = bench.options;
  return Array.from({ length: connections }, (_, index) =>
    share(bench.system.data.spare, index, connections).map(({ user, post }) => ({
      method: 'PUT',
      path: `/posts/${post}`,
      headers: jsonHeadersOf(bench, user),
      body: JSON.stringify({ title: 'How to prune roses', content: 'In early spring. '.repeat(24) }),
    })),
  );
}

/** What each connection sends, made for a round. */
export type Requests = () => Request[][] | Promise<Request[][]>;

/** More than can be used in a second. */
const refreshesASecond = 3_000;
let refreshes = 0;

/** On each connection one account after another uses its own refresh token, because each is valid once. */
export async function refreshEach({ system, options }: Bench): Promise<Request[][]> {
  const { connections, seconds } = options;
  const count = Math.ceil(Math.max(1, seconds) * refreshesASecond);
  const tokens = Array.from({ length: count }, (_, index) => `bench-${refreshes + index}`);
  refreshes += count;
  await system.database.query(
    `INSERT INTO auth.refresh_tokens (hash, session_id, expires_at)
     SELECT sha256(convert_to(token, 'UTF8')), md5('session ' || ($2::int[])[1 + place % cardinality($2::int[])])::uuid, now() + interval '10 days'
     FROM unnest($1::text[]) WITH ORDINALITY AS given (token, place)`,
    [tokens, system.data.voters],
  );
  return Array.from({ length: connections }, (_, index) =>
    tokens
      .filter((_token, place) => place % connections === index)
      .map((token) => ({
        method: 'POST',
        path: '/refresh',
        headers: { 'Content-Type': 'application/json' },
        body: JSON.stringify({ refresh_token: token }),
      })),
  );
}

/** On each connection one user after the other logs in. */
export function logIn({ system }: Bench, atOnce: number): Request[][] {
  const { voters, password } = system.data;
  const usersEach = Math.min(50, Math.floor(voters.length / atOnce));
  return Array.from({ length: atOnce }, (_, index) =>
    voters.slice(index * usersEach, (index + 1) * usersEach).map((id) => ({
      method: 'POST',
      path: '/login',
      headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({ username: emailOf(id), password }).toString(),
    })),
  );
}

/** What one connection gets of a list: no other gets the same, and none more than a hundred. */
const share = <Item>(items: readonly Item[], index: number, connections: number): Item[] =>
  items.filter((_, place) => place % connections === index).slice(0, 100);
