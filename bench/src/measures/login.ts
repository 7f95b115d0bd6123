import { logIn } from '../requests.js';
import { takeRounds } from '../rounds.js';
import { medianOf, requestsPerSecond } from './compare.js';
import type { Measure } from './measure.js';
import { required } from './required.js';

/** As many at once as are hashed at once and as many that wait: more would wait too long, and be refused. */
const atOnce = 4;

/** Logging in, which is a hash of a password and little else. */
export const login: Measure = {
  name: 'login',
  about: 'POST /login through the gateway, four at once',
  async take(bench) {
    const { origin } = required(bench, 'gateway');
    const question = () => ({ origin, requests: logIn(bench, atOnce) });
    const rounds = await takeRounds(bench, [{ name: 'log in', question }]);
    return {
      figures: [
        requestsPerSecond('logins', rounds, 'log in'),
        { name: 'logins, p99', value: medianOf(rounds, 'log in', ({ p99 }) => p99), unit: 'ms' },
      ],
      rounds,
    };
  },
};
