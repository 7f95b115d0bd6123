import { publish as publishing } from '../../requests.js';
import { takeRounds } from '../../rounds.js';
import { medianOf, requestsPerSecond } from '../compare.js';
import { atLeast, type Measure } from '../measure.js';
import { required } from '../required.js';

/** Writing posts. */
export const publish: Measure = {
  name: 'publish',
  about: 'POST /posts through the gateway, and of posts alone',
  async take(bench) {
    const contestant = (name: string, { origin }: { origin: string }) => ({
      name,
      question: () => ({ origin, requests: publishing(bench) }),
      writes: true,
    });
    const rounds = await takeRounds(bench, [
      contestant('publish', required(bench, 'gateway')),
      contestant('posts alone', required(bench, 'posts')),
    ]);
    return {
      figures: [
        requestsPerSecond('posts', rounds, 'publish', atLeast(2_000)),
        requestsPerSecond('posts, service alone', rounds, 'posts alone'),
        { name: 'posts, p99', value: medianOf(rounds, 'publish', ({ p99 }) => p99), unit: 'ms' },
      ],
      rounds,
    };
  },
};
