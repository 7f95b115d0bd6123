import { elasticKinds } from '../elastic/come-and-go.js';
import type { Summary } from './summarize.js';

/** The kinds of faults that share a row of the table. */
export const groups: readonly (readonly [title: string, kinds: readonly string[]])[] = [
  ['every process restarts in turn (SIGTERM)', ['rolling restart']],
  ['a replica of each process leaves (SIGTERM) and comes back, every 20 s', elasticKinds],
  [
    'NATS is killed, paused, cut off, full, away for 20 s or with a backlog, or comes back with less or with nothing',
    [
      'kill nats',
      'pause nats',
      'cut nats',
      'slow nats',
      'black-hole nats',
      'full stream',
      'delete a consumer',
      'nats away for 20 s',
      'nats away with a backlog',
      'nats back with less',
      'wipe nats',
    ],
  ],
  ['NATS refuses every login for some seconds', ['wrong nats passwords', 'nats refuses logins']],
  ['events come twice, out of order, or are poison', ['duplicates', 'reorder', 'poison']],
  ['the SMTP server refuses or hangs', ['smtp away']],
  [
    'posts, an author or a password go while everybody uses them; bodies are bad',
    [
      'delete hot posts',
      'delete hot posts while postgres is slow',
      'delete a hot author',
      'same idempotency key',
      'password change among logins',
      'deletion among logins',
      'bad bodies',
      'locked row',
    ],
  ],
  [
    'one replica of a process is killed',
    ['kill auth', 'kill posts', 'kill votes', 'kill gateway', 'kill a relay'],
  ],
  [
    'one replica hangs, for 2 to 60 s',
    [
      'pause auth',
      'pause posts',
      'pause votes',
      'pause gateway',
      'pause a relay',
      'freeze a relay for 60 s',
      'freeze a process for 60 s',
    ],
  ],
  [
    'the clock of one replica is 2 h ahead and comes back',
    ['clock 2 h ahead and back', 'tokens from the future'],
  ],
  [
    'PostgreSQL is killed, hangs, its connections are cut or its statements cancelled',
    [
      'kill postgres',
      'crash postgres',
      'pause postgres',
      'terminate backends',
      'pause a backend',
      'cancel statements',
      'cut postgres',
      'slow postgres',
      'black-hole postgres',
    ],
  ],
  [
    'PostgreSQL is read-only for 3 s, or old connections lead to a standby',
    ['read-only database', 'connections to a standby'],
  ],
  [
    'the node of NATS that leads a stream is killed, or hangs for 20 s',
    [
      'kill the leader of AUTH',
      'kill the leader of POSTS',
      'kill the leader of VOTES',
      'freeze a leader for 20 s',
    ],
  ],
  ['one of three nodes of NATS is cut off from the others for 20 s', ['split nats']],
  ['a node of NATS loses its volume, or each restarts in turn', ['wipe a node of nats', 'roll nats']],
  ['PostgreSQL fails over to a synchronous standby', ['fail over postgres']],
  ['PostgreSQL switches over, and the old primary comes back as a standby', ['switch over postgres']],
  ['PostgreSQL fails over to a standby that lacks the last 3 s', ['fail over with loss']],
  ['answers break off in the middle', ['cut answers']],
  [
    'processes start while NATS or auth is away',
    ['start without nats', 'start without auth', 'ask in the first moment'],
  ],
  ['every process is killed at once', ['kill every process', 'kill while postgres is slow']],
  ['every service is killed, and starts while its migrations run', ['start with pending migrations']],
];

/** A table in Markdown for documents: how many requests failed in all, and for how long at most after a fault of each group began. */
export function tabulateFaults({ faults }: Summary): string[] {
  const rows = groups.flatMap(([title, kinds]) => {
    const own = kinds.flatMap((kind) => faults[kind] ?? []);
    if (own.length === 0) return [];
    const sum = (of: 'failed' | 'requests') => own.reduce((total, each) => total + each[of], 0);
    const longest = Math.max(...own.map(({ failedForMax }) => failedForMax));
    return [[title, `${sum('failed')} of ${sum('requests')}`, describe(longest / 1_000)]];
  });
  return [
    '| while | requests failed | for |',
    '| --- | --- | --- |',
    ...rows.map((row) => `| ${row.join(' | ')} |`),
  ];
}

const describe = (seconds: number) => (seconds < 0.05 ? '0 s' : `up to ${seconds.toFixed(1)} s`);
