import { readPosts } from '../../requests.js';
import { serverParts, takeRounds, type Contestant } from '../../rounds.js';
import { startNginx } from '../../system/nginx.js';
import { cpuOf, medianOf, ratio } from '../compare.js';
import { atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

/** The gateway before posts, and nginx that only passes on. */
export const proxy: Measure = {
  name: 'proxy',
  about: 'CPU of the gateway per request, against nginx as a plain proxy before the same posts',
  async take(bench) {
    const [gateway, posts] = [required(bench, 'gateway'), required(bench, 'posts')];
    const nginx = await startNginx(bench, posts.origin);
    const requests = readPosts(bench, bench.system.data);
    const contestants: Contestant[] = [gateway, ...(nginx ? [nginx] : [])].map(({ name, origin, pids }) => ({
      name,
      question: () => ({ origin, requests }),
      parts: { proxy: pids, posts: posts.pids, ...serverParts(bench.servers) },
    }));
    const rounds = await takeRounds(bench, contestants);
    const own = { name: 'gateway', value: medianOf(rounds, 'gateway', cpuOf('proxy')), unit: 'µs' } as const;
    if (!nginx)
      return {
        figures: [own],
        rounds,
        notes: [
          'nginx is not installed, so the gateway was compared with nothing: apt-get install nginx-light',
        ],
      };
    return {
      figures: [own, ratio('gateway to nginx', rounds, ['gateway', 'nginx'], cpuOf('proxy'), atMost(4))],
      rounds,
    };
  },
};
