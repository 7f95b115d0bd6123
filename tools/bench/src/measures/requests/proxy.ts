import { readPosts } from '../../requests.js';
import { serverParts, takeRounds, type Contestant } from '../../rounds.js';
import { startBareProxy } from '../../system/floor.js';
import { startNginx } from '../../system/nginx.js';
import { cpuOf, medianOf, ratio } from '../compare.js';
import { atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

/** The gateway before posts, and nginx and the bare HTTP of Node.js that only pass on. */
export const proxy: Measure = {
  name: 'proxy',
  about:
    'CPU of the gateway per request, against nginx and bare node:http as plain proxies before the same posts',
  async take(bench) {
    const [gateway, posts] = [required(bench, 'gateway'), required(bench, 'posts')];
    const nginx = await startNginx(bench, posts.origin);
    const bare = { ...(await startBareProxy(bench, posts.origin)), name: 'bare node:http' };
    const requests = readPosts(bench, bench.system.data);
    const contestants: Contestant[] = [gateway, bare, ...(nginx ? [nginx] : [])].map(
      ({ name, origin, pids }) => ({
        name,
        question: () => ({ origin, requests }),
        parts: { proxy: pids, posts: posts.pids, ...serverParts(bench.servers) },
      }),
    );
    const rounds = await takeRounds(bench, contestants);
    const own = { name: 'gateway', value: medianOf(rounds, 'gateway', cpuOf('proxy')), unit: 'µs' } as const;
    const overBare = ratio('gateway to bare node:http', rounds, ['gateway', bare.name], cpuOf('proxy'));
    if (!nginx)
      return {
        figures: [own, overBare],
        rounds,
        notes: [
          'nginx is not installed, so the gateway was not compared with it: apt-get install nginx-light',
        ],
      };
    return {
      figures: [
        own,
        overBare,
        ratio('bare node:http to nginx', rounds, [bare.name, 'nginx'], cpuOf('proxy')),
        ratio('gateway to nginx', rounds, ['gateway', 'nginx'], cpuOf('proxy'), atMost(4)),
      ],
      rounds,
    };
  },
};
