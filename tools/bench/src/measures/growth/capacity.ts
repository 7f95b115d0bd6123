import { availableParallelism } from 'node:os';
import { clusterModel, benchModel, deploymentFor, loadOf, type Costs } from '../../capacity/system.js';
import { simulate } from '../../capacity/simulate.js';
import { figuresAsMarkdown, markdownTable } from '../../report/markdown.js';
import { median } from '../../report/statistics.js';
import { readPosts, vote } from '../../requests.js';
import { partsOf, roundsOf, takeRounds, type Contestant, type Round } from '../../rounds.js';
import { failuresOf, medianOf, throughput } from '../compare.js';
import { atMost, type Figure, type Measure } from '../measure.js';
import { required } from '../required.js';

/** A quarter of the usual connections, the usual, and four times as many. */
const crowds = [0.25, 1, 4];
const sizes = [10_000, 1_000_000, 100_000_000];

/** A simulation of what the bench measures, by the CPU of each request, and then of what no bench can measure: a million users, and a hundred million. */
export const capacity: Measure = {
  name: 'capacity',
  about: 'requests per second of a simulation over those that were measured; what it says of more users',
  async take(bench) {
    const { origin } = required(bench, 'gateway');
    const parts = { ...partsOf(bench), client: () => [bench.generator.pid] };
    const clientsOf = (crowd: number) => Math.max(1, Math.round(bench.options.connections * crowd));
    const contestants = crowds.flatMap((crowd): Contestant[] => {
      const crowded = { ...bench, options: { ...bench.options, connections: clientsOf(crowd) } };
      const asked = {
        read: () => readPosts(crowded, bench.system.data),
        vote: () => vote(crowded),
      };
      return (['read', 'vote'] as const).map((kind) => ({
        name: `${kind}, ${clientsOf(crowd)} clients`,
        question: () => ({ origin, requests: asked[kind]() }),
        writes: kind === 'vote',
        parts,
      }));
    });
    const rounds = await takeRounds(bench, contestants);
    const figures = crowds.flatMap((crowd) =>
      (['read', 'vote'] as const).map((kind): Figure => {
        const contestant = `${kind}, ${clientsOf(crowd)} clients`;
        const model = benchModel(kind, costsOf(rounds, contestant), clientsOf(crowd), availableParallelism());
        const simulated = simulate(model, 4).flows[kind]?.perSecond ?? NaN;
        const measured = medianOf(rounds, contestant, throughput);
        return {
          name: `${contestant}: simulated ${Math.round(simulated)}/s and measured ${Math.round(measured)}/s, the larger over the smaller`,
          value: Math.max(simulated / measured, measured / simulated),
          unit: '×',
          target: atMost(1.2),
          invalid: failuresOf(roundsOf(rounds, contestant)),
        };
      }),
    );
    const costs = {
      read: costsOf(rounds, `read, ${clientsOf(1)} clients`),
      vote: costsOf(rounds, `vote, ${clientsOf(1)} clients`),
    };
    const table = markdownTable([headings, ...sizes.map((users) => rowOf(users, costs))]);
    return { rounds, figures, markdown: [...figuresAsMarkdown(figures), '', ...table] };
  },
};

const headings = [
  'users',
  'reads, votes a second',
  'replicas: gateway, posts, votes, auth',
  'cores of PostgreSQL, each',
  'partitions',
  'busiest',
  'read p50, p99',
  'vote p99',
  'vote counted p99',
];

function rowOf(users: number, costs: { read: Costs; vote: Costs }): string[] {
  const { reads, votes } = loadOf(users);
  const deployment = deploymentFor(users, costs);
  const { gateway, posts, votes: voting, auth, postgres, partitions } = deployment;
  // Enough requests for a p99, however few come a second.
  const seconds = Math.min(20_000, Math.max(4, 5_000 / votes));
  const { flows, busy } = simulate(clusterModel(users, costs, deployment), seconds);
  const [busiest = '', use = 0] = Object.entries(busy).toSorted(([, one], [, other]) => other - one)[0] ?? [];
  const of = (name: string) => flows[name] ?? { p50: NaN, p99: NaN, settledP99: NaN };
  const milliseconds = (value: number) => `${value.toFixed(1)} ms`;
  return [
    users.toLocaleString('en'),
    `${reads.toFixed(1)}, ${votes.toFixed(1)}`,
    [gateway, posts, voting, auth].join(', '),
    String(postgres),
    String(partitions),
    `${busiest} ${Math.round(use * 100)} %`,
    `${of('read').p50.toFixed(1)}, ${milliseconds(of('read').p99)}`,
    milliseconds(of('vote 0').p99),
    milliseconds(of('vote 0').settledP99),
  ];
}

function costsOf(rounds: readonly Round[], contestant: string): Costs {
  const own = roundsOf(rounds, contestant);
  const parts = Object.keys(own[0]?.cpu ?? {});
  return Object.fromEntries(parts.map((part) => [part, median(own.map(({ cpu }) => cpu[part] ?? 0))]));
}
