import type { Request } from '../../load/routes.js';
import { readBy, readPosts } from '../../requests.js';
import { serverParts, takeRounds, type Contestant, type Round } from '../../rounds.js';
import { startFloor } from '../../system/floor.js';
import { cpuOf, ratio } from '../compare.js';
import { atMost, type Figure, type Measure } from '../measure.js';
import { required } from '../required.js';

/** The hot reads of posts, asked directly, and the same answers by the least that gives them. */
export const reads: Measure = {
  name: 'reads',
  about: 'CPU per hot read of posts (direct, with a token), against bare node:http and pg',
  async take(bench) {
    const floor = await startFloor(bench);
    const posts = required(bench, 'posts');
    const { author } = bench.system.data;
    const pages: Record<string, [requests: Request[][], ofFloor: Request[][]]> = {
      'GET /posts/{id}': [readPosts(bench, bench.system.data), readPosts(bench, bench.system.data)],
      'GET /posts': [readBy(bench, '/posts'), readBy(bench, `/posts?owner_id=${author}`)],
      'GET /feed': [readBy(bench, '/feed'), readBy(bench, '/feed')],
    };
    const figures: Figure[] = [];
    const rounds: Round[] = [];
    for (const [page, [requests, ofFloor]] of Object.entries(pages)) {
      await requireSameAnswer([posts.origin, requests], [floor.origin, ofFloor]);
      const [service, bare] = [`posts ${page}`, `floor ${page}`];
      const contestants: Contestant[] = [
        {
          name: service,
          question: () => ({ origin: posts.origin, requests }),
          parts: { process: posts.pids, ...serverParts(bench.servers) },
        },
        {
          name: bare,
          question: () => ({ origin: floor.origin, requests: ofFloor }),
          parts: { process: floor.pids, ...serverParts(bench.servers) },
        },
      ];
      const taken = await takeRounds(bench, contestants);
      const alone = await takeRounds(bench, contestants.map(oneAtATime));
      rounds.push(...taken, ...alone);
      figures.push(
        ratio(`${page}, posts to floor`, taken, [service, bare], cpuOf('process'), atMost(1.35)),
        ratio(
          `${page}, posts to floor, one at a time`,
          alone,
          [`${service}, alone`, `${bare}, alone`],
          cpuOf('process'),
          atMost(1.3),
        ),
      );
    }
    return { figures, rounds };
  },
};

/** The same with one connection: no read shares its statement with another. */
const oneAtATime = ({ name, question, ...rest }: Contestant): Contestant => ({
  ...rest,
  name: `${name}, alone`,
  question: async () => {
    const { origin, requests } = await question();
    return { origin, requests: requests.slice(0, 1) };
  },
});

/** Less work for other bytes would be no comparison. */
export async function requireSameAnswer(...asked: [origin: string, requests: Request[][]][]): Promise<void> {
  const bodies = asked.map(async ([origin, requests]) => {
    const first = requests[0]?.[0];
    const response = await fetch(`${origin}${first?.path}`, { headers: first?.headers ?? {} });
    return response.text();
  });
  const [one, other] = await Promise.all(bodies);
  if (one !== other)
    throw new Error(`the floor answers ${asked[0]?.[1][0]?.[0]?.path} otherwise:\n${one}\n${other}`);
}
