import { refreshEach, readBy, rewriteOwn, type Requests } from '../../requests.js';
import { serverParts, takeRounds, type Contestant, type Round } from '../../rounds.js';
import { startFloorOfOthers } from '../../system/floor.js';
import { cpuOf, medianOf, ratio, failuresOf } from '../compare.js';
import { atMost, type Figure, type Measure } from '../measure.js';
import { requireSameAnswer } from './reads.js';
import { required } from '../required.js';

/** Requests that no other measure asks, and the same answers by the least that gives them. */
export const others: Measure = {
  name: 'others',
  about:
    'CPU per request that no other measure asks (direct, with a token), against bare node:http and pg: of the process for reads, of all that follows for writes',
  async take(bench) {
    const floor = await startFloorOfOthers(bench);
    const { author } = bench.system.data;
    const [auth, posts, votes] = [
      required(bench, 'auth'),
      required(bench, 'posts'),
      required(bench, 'votes'),
    ];
    const voted = '/vote?post_ids=1,2,3,4,5,6,7,8,9,10';
    const asked: {
      name: string;
      service: typeof auth;
      own: Requests;
      ofFloor?: Requests;
      writes?: boolean;
    }[] = [
      {
        name: 'GET /users/me',
        service: auth,
        own: () => readBy(bench, '/users/me'),
        ofFloor: () => readBy(bench, `/users/me?user=${author}`),
      },
      {
        name: 'GET /vote',
        service: votes,
        own: () => readBy(bench, voted),
        ofFloor: () => readBy(bench, `${voted}&user=${author}`),
      },
      { name: 'PUT /posts/{id}', service: posts, own: () => rewriteOwn(bench), writes: true },
      { name: 'POST /refresh', service: auth, own: () => refreshEach(bench), writes: true },
    ];
    const figures: Figure[] = [];
    const rounds: Round[] = [];
    for (const { name, service, own, ofFloor = own, writes = false } of asked) {
      if (!writes) await requireSameAnswer([service.origin, await own()], [floor.origin, await ofFloor()]);
      const parts = {
        ...serverParts(bench.servers),
        ...(writes && { posts: posts.pids, votes: votes.pids }),
      };
      const names: [string, string] = [name, `floor ${name}`];
      const contestants: Contestant[] = [
        {
          name: names[0],
          question: async () => ({ origin: service.origin, requests: await own() }),
          // What follows is in it once.
          parts: { ...parts, [service.name]: service.pids },
          writes,
        },
        {
          name: names[1],
          question: async () => ({ origin: floor.origin, requests: await ofFloor() }),
          parts: { ...parts, floor: floor.pids },
          writes,
        },
      ];
      const all = ['posts', 'votes', 'auth', 'floor', 'postgres', 'nats'];
      const cost = writes ? cpuOf(...all) : cpuOf(service.name, 'floor');
      const taken = await takeRounds(bench, contestants);
      rounds.push(...taken);
      figures.push(
        { name, value: medianOf(taken, name, cost), unit: 'µs', invalid: failuresOf(taken) },
        ratio(`${name}, to floor`, taken, names, cost, atMost(1.5)),
      );
    }
    return { figures, rounds };
  },
};
