import { logIn } from '../../requests.js';
import { takeRounds } from '../../rounds.js';
import { medianOf, requestsPerSecond } from '../compare.js';
import type { Measure } from '../measure.js';
import { required } from '../required.js';

/** As many at once as are hashed at once and as many that wait: more would wait too long, and be refused. */
const atOnce = 4;

/** Logging in, which is a hash of a password and little else. */
export const login: Measure = {
  name: 'login',
  about: 'POST /login through the gateway, four at once, and of auth alone',
  async take(bench) {
    const contestant = (name: string, { origin }: { origin: string }) => ({
      name,
      question: () => ({ origin, requests: logIn(bench, atOnce) }),
    });
    const rounds = await takeRounds(bench, [
      contestant('log in', required(bench, 'gateway')),
      contestant('auth alone', required(bench, 'auth')),
    ]);
    return {
      figures: [
        requestsPerSecond('logins', rounds, 'log in'),
        requestsPerSecond('logins, service alone', rounds, 'auth alone'),
        { name: 'logins, p99', value: medianOf(rounds, 'log in', ({ p99 }) => p99), unit: 'ms' },
      ],
      rounds,
    };
  },
};
