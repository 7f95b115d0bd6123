import { readBy } from '../../requests.js';
import { serverParts, takeRounds, type Contestant } from '../../rounds.js';
import { cpuOf, ratio } from '../compare.js';
import { atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

/** As many readers as keep posts busy with either page: pages that are read together share statements and questions. */
const readersPerConnection = 4;

/** What it costs that a page says which of its posts the reader has voted for: posts asks votes once for all pages that are read together. */
export const myVote: Measure = {
  name: 'my-vote',
  about: 'CPU of posts, votes and PostgreSQL per GET /feed with include=my_vote, against one without',
  async take(bench) {
    const [posts, votes] = [required(bench, 'posts'), required(bench, 'votes')];
    const connections = bench.options.connections * readersPerConnection;
    const crowded = { ...bench, options: { ...bench.options, connections } };
    const contestant = (name: string, path: string): Contestant => ({
      name,
      question: () => ({ origin: posts.origin, requests: readBy(crowded, path) }),
      parts: { posts: posts.pids, votes: votes.pids, ...serverParts(bench.servers) },
    });
    const pages = [
      contestant('page with my_vote', '/feed?include=my_vote'),
      contestant('page without', '/feed'),
    ];
    const rounds = await takeRounds(bench, pages);
    const all = cpuOf('posts', 'votes', 'postgres');
    const pair: [string, string] = ['page with my_vote', 'page without'];
    return { rounds, figures: [ratio('GET /feed, with my_vote to without', rounds, pair, all, atMost(1.5))] };
  },
};
