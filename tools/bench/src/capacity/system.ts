import type { Flow, Model, Station, Visit } from './simulate.js';

/** CPU of one request by process, in microseconds. */
export type Costs = Readonly<Record<string, number>>;

export interface RequestCosts {
  read: Costs;
  vote: Costs;
}

/** What of a vote's cost comes after its answer: the relay, the event, the count and the indexes of the ranks. */
const afterAnswer = { votes: 0.3, postgres: 0.55 };

/** What of a read's cost in posts comes before its statement, which it shares with all that came in the same turn of the event loop. */
const beforeStatement = 0.5;

/** From the write to a socket until the process at its other end runs, on one machine: fitted to what four clients get. */
const wakeMicros = 150;

const visit = (station: string, micros = 0): Visit => ({ station, micros });

/** What a vote costs in votes and PostgreSQL until its answer and after it. */
function partsOfVote({ votes = 0, postgres = 0 }: Costs) {
  const [relayed, counted] = [votes * afterAnswer.votes, postgres * afterAnswer.postgres];
  return { cast: votes - relayed, relayed, stored: postgres - counted, counted };
}

/** Agora as the bench runs it: one of each process and the generator of the load, on the cores of one machine. */
export function benchModel(kind: 'read' | 'vote', costs: Costs, clients: number, cores: number): Model {
  const { client, gateway, votes, posts = 0, postgres, nats } = costs;
  const machine = 'bench';
  const alone: Station = { servers: 1, machine };
  const { cast, relayed, stored, counted } = partsOfVote(costs);
  const wake = visit('loopback', wakeMicros);
  const flow: Flow =
    kind === 'read'
      ? {
          arrivals: { clients },
          visits: [
            visit('client', client),
            wake,
            visit('gateway', gateway),
            wake,
            { ...visit('posts', posts * beforeStatement), together: true },
            wake,
            { ...visit('postgres', postgres), together: true },
            wake,
            visit('posts', posts * (1 - beforeStatement)),
            wake,
            wake,
          ],
          afterwards: [visit('votes', votes), visit('nats', nats)],
        }
      : {
          arrivals: { clients },
          visits: [
            visit('client', client),
            wake,
            visit('gateway', gateway),
            wake,
            visit('votes', cast),
            wake,
            visit('postgres', stored),
            wake,
            wake,
            wake,
          ],
          afterwards: [
            visit('votes', relayed),
            visit('nats', nats),
            visit('posts', posts),
            visit('postgres', counted),
          ],
        };
  return {
    machines: { [machine]: cores },
    stations: {
      loopback: { servers: Infinity },
      client: alone,
      gateway: alone,
      posts: alone,
      votes: alone,
      nats: alone,
      // A backend for each connection of the pools.
      postgres: { servers: cores, machine },
    },
    flows: { [kind]: flow },
  };
}

/** What a deployment is made of. */
export interface Deployment {
  gateway: number;
  posts: number;
  votes: number;
  auth: number;
  /** Cores of PostgreSQL, of each service. */
  postgres: number;
  partitions: number;
}

/** Requests per second of all users in the busiest hour (docs/capacity.md). */
export const loadOf = (users: number) => ({
  reads: (users * 0.1 * 60 * 4) / 86_400,
  votes: (users * 0.1 * 5 * 4) / 86_400,
  logins: (users * 0.1 * 4) / 14 / 86_400,
});

/** Where queues are still short. */
const fullUse = 0.6;
/** A login on its core: bcrypt at cost 12. */
const loginMicros = 205_000;
/** Between two zones and back. */
const hopMicros = 500;
/** What a replicated stream takes to have a message on disk. */
const syncMicros = 2_000;

/** The smallest deployment for that many users: replicas at 60 % of their core, and at least two of each. */
export function deploymentFor(users: number, { read, vote }: RequestCosts): Deployment {
  const { reads, votes, logins } = loadOf(users);
  const replicas = (micros: number, per = 1) => Math.max(2, Math.ceil(micros / 1e6 / fullUse / per));
  return {
    gateway: replicas(reads * (read['gateway'] ?? 0) + votes * (vote['gateway'] ?? 0)),
    posts: replicas(reads * (read['posts'] ?? 0) + votes * (vote['posts'] ?? 0)),
    votes: replicas(votes * (vote['votes'] ?? 0)),
    auth: replicas(logins * loginMicros, 2),
    // Half of the cores is for vacuum, checkpoints and the moments after a failover.
    postgres: Math.max(
      2,
      Math.ceil((2 * (reads * (read['postgres'] ?? 0) + votes * (vote['postgres'] ?? 0))) / 1e6),
    ),
    partitions: Math.max(1, 2 ** Math.ceil(Math.log2((votes * syncMicros) / 1e6 / fullUse))),
  };
}

/** Agora in a cluster: each replica has a core, each partition a relay and a stream that syncs every message. */
export function clusterModel(users: number, { read, vote }: RequestCosts, deployment: Deployment): Model {
  const { gateway, posts, votes, auth, postgres, partitions } = deployment;
  const load = loadOf(users);
  const { cast, relayed, stored, counted } = partsOfVote(vote);
  const hop = visit('network', hopMicros);
  const all = Array.from({ length: partitions }, (_, index) => index);
  return {
    stations: {
      network: { servers: Infinity },
      gateway: { servers: gateway },
      posts: { servers: posts },
      votes: { servers: votes },
      auth: { servers: auth * 2 },
      'PostgreSQL of posts': { servers: postgres },
      'PostgreSQL of votes': { servers: postgres },
      ...Object.fromEntries(
        all.flatMap((index) => [
          [`relay ${index}`, { servers: 1 }],
          [`stream ${index}`, { servers: 1 }],
        ]),
      ),
    },
    flows: {
      read: {
        arrivals: { perSecond: load.reads },
        visits: [
          visit('gateway', read['gateway']),
          hop,
          visit('posts', read['posts']),
          hop,
          visit('PostgreSQL of posts', read['postgres']),
        ],
      },
      login: {
        arrivals: { perSecond: load.logins },
        visits: [visit('gateway', vote['gateway']), hop, visit('auth', loginMicros)],
      },
      ...Object.fromEntries(
        all.map((index): [string, Flow] => [
          `vote ${index}`,
          {
            arrivals: { perSecond: load.votes / partitions },
            visits: [
              visit('gateway', vote['gateway']),
              hop,
              visit('votes', cast),
              hop,
              visit('PostgreSQL of votes', stored),
            ],
            afterwards: [
              visit(`relay ${index}`, relayed),
              hop,
              visit(`stream ${index}`, syncMicros),
              hop,
              visit('posts', vote['posts']),
              hop,
              visit('PostgreSQL of posts', counted),
            ],
          },
        ]),
      ),
    },
  };
}
