import { logIn, readPosts } from '../../requests.js';
import { roundsOf, takeRounds } from '../../rounds.js';
import { ratio, throughput } from '../compare.js';
import { atLeast, atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

/** More than can be hashed in time: auth refuses what would wait too long. */
const stormConnections = 64;

/** What a storm of logins leaves to everybody else. */
export const loginStorm: Measure = {
  name: 'login-storm',
  about: 'GET /posts/{id} through the gateway while 64 clients log in without a pause, against without them',
  async take(bench) {
    const { origin } = required(bench, 'gateway');
    const requests = readPosts(bench, bench.system.data);
    const question = () => ({ origin, requests });
    const storm = () => ({ origin, requests: logIn(bench, stormConnections) });
    const rounds = await takeRounds(bench, [
      { name: 'in a storm', question, meanwhile: storm },
      { name: 'without', question },
    ]);
    const pair: [string, string] = ['in a storm', 'without'];
    return {
      figures: [
        ratio('throughput in a storm', rounds, pair, throughput, atLeast(0.85)),
        ratio('p99 in a storm', rounds, pair, ({ p99 }) => p99, atMost(1.5)),
      ],
      rounds,
      notes: roundsOf(rounds, 'in a storm').map(
        ({ meanwhile }) =>
          `the storm: ${meanwhile?.answered} logged in, refused: ${JSON.stringify(meanwhile?.failed)}`,
      ),
    };
  },
};
