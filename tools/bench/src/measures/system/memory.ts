import { setTimeout as sleep } from 'node:timers/promises';
import { processes } from '@agora/local-stack';
import type { Bench } from '../../bench.js';
import { readBy, readPosts, vote } from '../../requests.js';
import { takeRound, type Contestant, type Round } from '../../rounds.js';
import { residentMegabytes } from '../../system/proc.js';
import { failuresOf } from '../compare.js';
import { atMost, type Measure } from '../measure.js';
import { required } from '../required.js';

/** What the processes hold before anybody has asked them anything, and whether it grows with use. */
export const memory: Measure = {
  name: 'memory',
  about:
    'resident memory of each process idle, and after reads and votes for ten times as long as a round times the rounds',
  async take(bench) {
    const { seconds, rounds: count, smoke } = bench.options;
    await sleep(smoke ? 0 : 15_000, undefined, { signal: bench.signal });
    const idle = readMemory(bench);
    const rounds: Round[] = [];
    const loaded: ReturnType<typeof readMemory>[] = [];
    for (let round = 0; round < (smoke ? 2 : count * 10); round += 1) {
      const turn = mixture(bench)[round % 4];
      if (turn) rounds.push(await takeRound(bench, turn, seconds * 1_000));
      loaded.push(readMemory(bench));
    }
    // What grows only until caches and heap are as large as they get is no growth: from half-way on it must be flat.
    const [half, end] = [loaded[Math.floor((loaded.length - 1) / 2)] ?? idle, loaded.at(-1) ?? idle];
    const invalid = failuresOf(rounds);
    return {
      figures: processes.flatMap((name) => [
        { name: `${name} idle`, value: idle[name], unit: 'MB', target: atMost(80) },
        { name: `${name} under load`, value: end[name], unit: 'MB', invalid },
        {
          name: `${name}, second half of the load`,
          value: end[name] / half[name],
          unit: '×',
          target: atMost(1.1),
          invalid,
        },
      ]),
      rounds,
    };
  },
};

function readMemory(bench: Bench): Record<(typeof processes)[number], number> {
  const entries = processes.map((name) => [name, residentMegabytes(required(bench, name).pids()[0] ?? 0)]);
  return Object.fromEntries(entries) as ReturnType<typeof readMemory>;
}

function mixture(bench: Bench): Contestant[] {
  const { origin } = required(bench, 'gateway');
  return [
    { name: 'get', question: () => ({ origin, requests: readPosts(bench, bench.system.data) }) },
    { name: 'vote', question: () => ({ origin, requests: vote(bench) }), writes: true },
    { name: 'list', question: () => ({ origin, requests: readBy(bench, '/posts') }) },
    { name: 'feed', question: () => ({ origin, requests: readBy(bench, '/feed') }) },
  ];
}
