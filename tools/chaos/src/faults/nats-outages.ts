import { setTimeout as sleep } from 'node:timers/promises';
import { publish } from '../load/posts.js';
import type { Account } from '../load/world.js';
import { untilAllReady } from '../system/system.js';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';

const backlog = 2_000;
const patience = 20_000;
const writers = 24;
const authorCount = 6;

/** Two refused logins in a row close the client of NATS permanently, unless the process opens a new one. */
const wrongPasswords: Fault = {
  kind: 'wrong nats passwords',
  touches: 'nats',
  quick: true,
  async run({ system, signal }) {
    const wrong = system.natsAccounts.map((account) => ({
      ...account,
      users: account.users.map((user) => ({ ...user, password: `not ${user.password}` })),
    }));
    await system.nats.end('SIGKILL');
    await system.nats.startWith({ accounts: wrong });
    await sleep(1_500);
    await system.nats.end('SIGKILL');
    await system.nats.start();
    await untilAllReady(system.replicas, signal);
    return 'for 1.5 s';
  },
};

/** A server that is too busy to let anybody log in within its limit says "authentication timeout". */
const refusedLogins: Fault = {
  kind: 'nats refuses logins',
  touches: 'nats',
  async run({ system, signal }) {
    const ways = system.replicas.map((replica) => replica.ways.nats);
    await system.nats.end('SIGKILL');
    for (const way of ways) way.slowDown(100);
    await system.nats.startWith({ loginSeconds: 0.01 });
    await sleep(4_000);
    await system.nats.end('SIGKILL');
    for (const way of ways) way.heal();
    await system.nats.start();
    await untilAllReady(system.replicas, signal);
    return 'for 4 s';
  },
};

/** Acknowledged messages are lost with a disk, and new ones take their sequence numbers in the stream. */
const backWithLess: Fault = {
  kind: 'nats back with less',
  touches: 'nats',
  async run({ system, signal }) {
    await system.nats.end('SIGKILL');
    system.nats.saveStorage();
    await system.nats.start();
    await untilAllReady(system.replicas, signal);
    await sleep(2_000);
    await system.nats.end('SIGKILL');
    system.nats.rewindStorage();
    await system.nats.start();
    await untilAllReady(system.replicas, signal);
    return 'what came in 2 s is lost';
  },
};

/** Long enough for every timeout and back-off to be over; who logs out meanwhile must be out. */
const longOutage: Fault = {
  kind: 'nats away for 20 s',
  touches: 'nats',
  async run({ system, signal }) {
    await system.nats.end('SIGKILL');
    await sleep(20_000, undefined, { signal });
    await system.nats.start();
    await untilAllReady(system.replicas, signal);
    return 'stopped';
  },
};

/** While NATS is away clients keep writing: some thousands of events wait, and all of them must be delivered afterwards. */
const awayUnderLoad: Fault = {
  kind: 'nats away with a backlog',
  touches: 'nats',
  async run(scene) {
    const { system, signal, journal } = scene;
    // One alone would wait for its turn.
    const authors: Account[] = [];
    while (authors.length < authorCount) authors.push(await newAuthor(scene));
    await system.nats.end('SIGKILL');
    const until = journal.now() + patience;
    const enough = new AbortController();
    const writing = Array.from({ length: writers }, async (_, writer) => {
      const author = authors[writer % authorCount] as Account;
      for (let count = 0; !enough.signal.aborted && !signal.aborted; count += 1)
        await publish(author, `backlog-${author.id}-${writer}-${count}`, scene);
    });
    let waiting = 0;
    try {
      while (waiting < backlog && journal.now() < until && !signal.aborted) {
        await sleep(250);
        waiting = await waitingEvents(scene);
      }
    } finally {
      enough.abort();
      await Promise.all(writing);
    }
    await system.nats.start();
    await untilAllReady(system.replicas, signal);
    return `${waiting} events waited`;
  },
};

async function waitingEvents({ system }: Scene): Promise<number> {
  const [row] = await system.administration.query<{ waiting: number }>(
    'SELECT count(*)::int AS waiting FROM posts.outbox WHERE published_at IS NULL',
  );
  return row?.waiting ?? 0;
}

export const natsOutages: readonly Fault[] = [
  wrongPasswords,
  refusedLogins,
  backWithLess,
  longOutage,
  awayUnderLoad,
];
