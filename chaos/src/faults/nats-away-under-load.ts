import { setTimeout as sleep } from 'node:timers/promises';
import { publish } from '../load/client.js';
import { untilAllReady } from '../system/system.js';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';

const backlog = 2_000;
const patience = 20_000;
const writers = 24;

/** While NATS is away everybody goes on writing: some thousands of events wait, and all of them must come through afterwards. */
export const natsAwayUnderLoad: Fault = {
  kind: 'nats away with a backlog',
  touches: 'nats',
  async run(scene) {
    const { system, signal, journal } = scene;
    const author = await newAuthor(scene);
    await system.nats.end('SIGKILL');
    const until = journal.now() + patience;
    const enough = new AbortController();
    const writing = Array.from({ length: writers }, async (_, writer) => {
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
