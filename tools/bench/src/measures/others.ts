import type { Request } from '../load/routes.js';
import { readBy, rewriteOwn } from '../requests.js';
import { roundsOf, serverParts, takeRounds, type Contestant } from '../rounds.js';
import { cpuOf, failuresOf, medianOf } from './compare.js';
import type { Measure } from './measure.js';
import { required } from './required.js';

/** Endpoints that no other measure asks, by what they cost their service and PostgreSQL. */
export const others: Measure = {
  name: 'others',
  about: 'CPU of the service and PostgreSQL for requests that no other measure asks (direct, with a token)',
  async take(bench) {
    const contestant = (
      name: string,
      service: 'auth' | 'posts' | 'votes',
      requests: Request[][],
    ): Contestant => {
      const { origin, pids } = required(bench, service);
      const parts = { service: pids, ...serverParts(bench.servers) };
      return { name, question: () => ({ origin, requests }), parts };
    };
    const contestants = [
      contestant('GET /users/me', 'auth', readBy(bench, '/users/me')),
      contestant('GET /vote', 'votes', readBy(bench, '/vote?post_ids=1,2,3,4,5,6,7,8,9,10')),
      { ...contestant('PUT /posts/{id}', 'posts', rewriteOwn(bench)), writes: true },
    ];
    const rounds = await takeRounds(bench, contestants);
    const figures = contestants.map(({ name }) => ({
      name,
      value: medianOf(rounds, name, cpuOf('service', 'postgres')),
      unit: 'µs' as const,
      invalid: failuresOf(roundsOf(rounds, name)),
    }));
    return { figures, rounds };
  },
};
