import { vote } from '../../requests.js';
import { takeRounds } from '../../rounds.js';
import { cpuOf, failuresOf, medianOf, ratio, requestsPerSecond, throughput } from '../compare.js';
import { atLeast, atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

/** Whether a post that everybody votes for holds everybody up. */
export const hotPost: Measure = {
  name: 'hot-post',
  about: 'votes per second on one post, against votes on 1,600 posts, through the gateway',
  async take(bench) {
    const { origin } = required(bench, 'gateway');
    const [hot] = bench.system.data.posts;
    const rounds = await takeRounds(bench, [
      { name: 'hot post', question: () => ({ origin, requests: vote(bench, hot) }), writes: true },
      { name: 'uniform', question: () => ({ origin, requests: vote(bench) }), writes: true },
    ]);
    return {
      figures: [
        requestsPerSecond('votes on one post', rounds, 'hot post'),
        requestsPerSecond('votes on many posts', rounds, 'uniform'),
        {
          name: 'CPU of a vote through the gateway, with all that follows',
          value: medianOf(rounds, 'uniform', cpuOf('gateway', 'auth', 'posts', 'votes', 'postgres', 'nats')),
          unit: 'µs',
          target: atMost(550),
          invalid: failuresOf(rounds),
        },
        ratio('one post to many', rounds, ['hot post', 'uniform'], throughput, atLeast(1)),
      ],
      rounds,
    };
  },
};
