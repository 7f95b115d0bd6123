import { setTimeout as sleep } from 'node:timers/promises';
import type { Bench } from '../../bench.js';
import { quantile } from '../../report/statistics.js';
import { headersOf, vote, voteOnce, watchedPost } from '../../requests.js';
import { takeRound, type Contestant, type Round } from '../../rounds.js';
import { failuresOf, medianOf, throughput } from '../compare.js';
import { atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

/** How soon a vote is counted where everybody can see it. */
export const visible: Measure = {
  name: 'visible',
  about: 'from the answer to POST /vote until GET /posts/{id} shows it, at half of the peak load of votes',
  async take(bench) {
    const { seconds, rounds: count } = bench.options;
    const { origin } = required(bench, 'gateway');
    const peak: Contestant = {
      name: 'peak',
      question: () => ({ origin, requests: vote(bench) }),
      writes: true,
    };
    await takeRound(bench, peak, seconds * 1_000);
    const rounds: Round[] = [await takeRound(bench, peak, seconds * 1_000)];
    const rate = Math.max(1, medianOf(rounds, 'peak', throughput) / 2);
    const half: Contestant = {
      name: 'half of it',
      question: () => ({ origin, requests: voteOnce(bench, rate * seconds), rate }),
      writes: true,
    };
    const lags: number[] = [];
    for (let round = 0; round < count; round += 1) {
      const watching = new AbortController();
      const watched = watch(bench, origin, lags, watching.signal);
      try {
        rounds.push(await takeRound(bench, half, seconds * 1_000));
      } finally {
        watching.abort();
        await watched;
      }
    }
    const invalid = failuresOf(rounds);
    return {
      figures: [
        {
          name: 'vote to visible count, p50',
          value: quantile(lags, 0.5),
          unit: 'ms',
          target: atMost(8),
          invalid,
        },
        {
          name: 'vote to visible count, p99',
          value: quantile(lags, 0.99),
          unit: 'ms',
          target: atMost(50),
          invalid,
        },
      ],
      rounds,
      notes: [`${lags.length} votes were watched at ${rate.toFixed(0)} votes/s`],
    };
  },
};

/** How long to wait between two looks, and between two votes. */
const [lookMilliseconds, voteMilliseconds] = [1, 20];
const patience = 10_000;

/** Casts votes one by one on a post that nobody else votes on, and reads until the count includes them. */
export async function watch(
  { key, system, takeVoters }: Bench,
  origin: string,
  lags: number[],
  signal: AbortSignal,
): Promise<void> {
  const post = watchedPost(system.data);
  const headers = headersOf(key.tokenFor(takeVoters(1)[0] ?? 0));
  const votes = async () => {
    const response = await fetch(`${origin}/posts/${post}`, { headers });
    return ((await response.json()) as { votes: number }).votes;
  };
  const before = await votes();
  for (let dir = 1; !signal.aborted; dir = 1 - dir) {
    const response = await fetch(`${origin}/vote`, {
      method: 'POST',
      headers: { ...headers, 'Content-Type': 'application/json' },
      body: JSON.stringify({ post_id: post, dir }),
    });
    const castAt = performance.now();
    await response.arrayBuffer();
    if (response.status !== 201) throw new Error(`the vote that was watched was answered ${response.status}`);
    while ((await votes()) !== before + dir) {
      if (performance.now() - castAt > patience) throw new Error('a vote was not counted within 10 s');
      await sleep(lookMilliseconds);
    }
    lags.push(performance.now() - castAt);
    await sleep(voteMilliseconds);
  }
}
