import { publish as publishing } from '../requests.js';
import { takeRounds } from '../rounds.js';
import { medianOf, requestsPerSecond } from './compare.js';
import type { Measure } from './measure.js';
import { required } from './required.js';

/** Writing posts. */
export const publish: Measure = {
  name: 'publish',
  about: 'POST /posts through the gateway',
  async take(bench) {
    const { origin } = required(bench, 'gateway');
    const question = () => ({ origin, requests: publishing(bench) });
    const rounds = await takeRounds(bench, [{ name: 'publish', question, writes: true }]);
    return {
      figures: [
        requestsPerSecond('posts', rounds, 'publish'),
        { name: 'posts, p99', value: medianOf(rounds, 'publish', ({ p99 }) => p99), unit: 'ms' },
      ],
      rounds,
    };
  },
};
