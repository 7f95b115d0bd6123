import { requestsTo, requireAnswer, reset } from '../../load/rival.js';
import { readBy, readPosts, vote } from '../../requests.js';
import { takeRounds, type Contestant, type Round } from '../../rounds.js';
import { ratio, requestsPerSecond, throughput } from '../compare.js';
import { atLeast, type Figure, type Measure } from '../measure.js';
import { required } from '../required.js';

/** How many times as many requests as the application that Agora replaces, with the index that it lacks. */
const targets = { list: 40, get: 14, vote: 8 } as const;

/** What a client sees: reads and votes through the gateway, of the service alone, and of a rival when there is one. */
export const through: Measure = {
  name: 'through',
  about:
    'requests per second through the gateway: GET /posts, GET /posts/{id}, POST /vote; of the service alone; of the rival',
  async take(bench) {
    const { origin } = required(bench, 'gateway');
    const { rival } = bench.options;
    const asked = {
      list: () => readBy(bench, '/posts'),
      get: () => readPosts(bench, bench.system.data),
      vote: () => vote(bench),
    };
    const { connections } = bench.options;
    if (rival) for (const name of ['list', 'get']) await requireAnswer(rival, name);
    const figures: Figure[] = [];
    const rounds: Round[] = [];
    for (const name of ['list', 'get', 'vote'] as const) {
      const [own, other] = [`agora ${name}`, `rival ${name}`];
      const service = required(bench, name === 'vote' ? 'votes' : 'posts');
      const alone = `${service.name} alone, ${name}`;
      const writes = name === 'vote';
      const contestants: Contestant[] = [
        { name: own, question: () => ({ origin, requests: asked[name]() }), writes },
        { name: alone, question: () => ({ origin: service.origin, requests: asked[name]() }), writes },
      ];
      if (rival) {
        const requests = requestsTo(rival, name, connections);
        contestants.push({
          name: other,
          prepare: () => reset(rival, connections),
          question: () => ({ origin: rival.origin, requests }),
          parts: {},
        });
      }
      const taken = await takeRounds(bench, contestants);
      rounds.push(...taken);
      figures.push(requestsPerSecond(own, taken, own), requestsPerSecond(alone, taken, alone));
      if (rival)
        figures.push(
          ratio(`${name}, agora to rival`, taken, [own, other], throughput, atLeast(targets[name])),
        );
    }
    return { figures, rounds };
  },
};
