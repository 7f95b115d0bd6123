import type { Bench } from '../../bench.js';
import type { Request } from '../../load/routes.js';
import type { System } from '../../system/system.js';
import { headersOf, readBy, readPosts } from '../../requests.js';
import { serverParts, takeRounds, type Contestant, type Round } from '../../rounds.js';
import { cpuOf, ratio } from '../compare.js';
import { atMost, type Figure, type Measure } from '../measure.js';
import { required } from '../required.js';

/** CPU time of the service and of its database: a slow plan burns there. */
const cost = cpuOf('posts', 'postgres');

/** Reads where there is ten times as much, and far back. */
export const size: Measure = {
  name: 'size',
  about: 'CPU of posts and PostgreSQL per read, with ten times the data, and at page 1,000',
  async take(bench) {
    const { small, large } = await bench.bothSizes();
    const posts = required({ system: small }, 'posts');
    const largePosts = required({ system: large }, 'posts');
    const skip = Math.min(9_990, small.data.ownPosts - 10);
    const deepFeed = await pageAfter(bench, small, '/feed?limit=100', skip);
    const deepList = await pageAfter(bench, small, '/posts?limit=100', skip);
    const contestant = (name: string, running: typeof posts, requests: Request[][]): Contestant => ({
      name,
      question: () => ({ origin: running.origin, requests }),
      parts: { posts: running.pids, ...serverParts(bench.servers) },
    });
    const [list, feed] = [readBy(bench, '/posts'), readBy(bench, '/feed')];
    const pages: Record<string, Contestant[]> = {
      'GET /posts/{id}': [
        contestant('get', posts, readPosts(bench, small.data)),
        contestant('get, 10× data', largePosts, readPosts(bench, large.data)),
      ],
      'GET /posts': [
        contestant('list', posts, list),
        contestant('list, 10× data', largePosts, list),
        contestant(`list, skip ${skip}`, posts, readBy(bench, `/posts?skip=${skip}`)),
        contestant(`list, after ${skip} by cursor`, posts, readBy(bench, deepList)),
      ],
      'GET /feed': [
        contestant('feed', posts, feed),
        contestant('feed, 10× data', largePosts, feed),
        contestant(`feed, after ${skip}`, posts, readBy(bench, deepFeed)),
      ],
    };
    const figures: Figure[] = [];
    const rounds: Round[] = [];
    for (const [page, [near, ...others]] of Object.entries(pages)) {
      if (!near) continue;
      const taken = await takeRounds(bench, [near, ...others]);
      rounds.push(...taken);
      for (const { name } of others)
        figures.push(ratio(`${page}: ${name}`, taken, [name, near.name], cost, targetOf(name)));
    }
    return { figures, rounds };
  },
};

/** `skip` reads past what it skips, by contract; a cursor does not. */
const targetOf = (name: string) =>
  name.includes('skip') ? undefined : atMost(name.includes('cursor') ? 1.1 : 1.2);

/** The path of the page of ten that comes after some `skipped` posts, found by following the links. */
async function pageAfter(
  { key, signal }: Bench,
  system: System,
  first: string,
  skipped: number,
): Promise<string> {
  const { origin } = required({ system }, 'posts');
  const headers = headersOf(key.tokenFor(system.data.author));
  let path = first;
  for (let seen = 0; seen < Math.min(skipped, system.data.ownPosts); seen += 100) {
    const response = await fetch(`${origin}${path}`, { headers, signal });
    await response.arrayBuffer();
    const [, next] = /<([^>]+)>; rel="next"/.exec(response.headers.get('link') ?? '') ?? [];
    if (!next) break;
    path = next;
  }
  return path.replace(/limit=\d+/, 'limit=10');
}
