import { setTimeout as sleep } from 'node:timers/promises';
import { services } from '@agora/local-stack';
import { publish } from '../load/posts.js';
import { quantile } from '../report/quantile.js';
import { untilAllReady } from '../system/system.js';
import { newAuthor } from './data.js';
import type { Fault, Scene } from './fault.js';

const roles = services.map((service) => `${service}_app`);

/** Makes the whole server read-only for every session that does not override it, or writable again. */
async function setReadOnly({ system }: Scene, on: boolean): Promise<void> {
  const { query } = system.administration;
  await query(
    on
      ? 'ALTER SYSTEM SET default_transaction_read_only = on'
      : 'ALTER SYSTEM RESET default_transaction_read_only',
  );
  await query('SELECT pg_reload_conf()');
}

async function forEachRole({ system }: Scene, statement: (role: string) => string): Promise<void> {
  for (const role of roles) await system.administration.query(statement(role));
}

/** Writes are refused with 25006 whatever the connection, as by a standby. */
const readOnly: Fault = {
  kind: 'read-only database',
  touches: 'postgres',
  async run(scene) {
    await setReadOnly(scene, true);
    await sleep(3_000);
    await setReadOnly(scene, false);
    await untilAllReady(scene.system.replicas, scene.signal);
    return 'for 3 s';
  },
};

/** As after a failover behind the same name: the old connections lead to what cannot be written to any more, and new ones to what can. */
const staleConnections: Fault = {
  kind: 'connections to a standby',
  touches: 'postgres',
  async run(scene) {
    const { findings } = scene;
    await forEachRole(scene, (role) => `ALTER ROLE ${role} SET default_transaction_read_only = off`);
    await setReadOnly(scene, true);
    const milliseconds = await untilPublished(scene);
    if (milliseconds === undefined)
      findings.broken(
        'I14',
        'no post could be written within 10 s of a failover that left new connections good',
      );
    await sleep(2_000);
    await setReadOnly(scene, false);
    await forEachRole(scene, (role) => `ALTER ROLE ${role} RESET default_transaction_read_only`);
    await untilAllReady(scene.system.replicas, scene.signal);
    return milliseconds === undefined
      ? 'no post'
      : `the first post after ${(milliseconds / 1_000).toFixed(1)} s`;
  },
};

/** How long it took until somebody new could write a post, in milliseconds; undefined after 10 s. */
async function untilPublished(scene: Scene): Promise<number | undefined> {
  const startedAt = scene.journal.now();
  while (scene.journal.now() - startedAt < 10_000) {
    const author = await newAuthor(scene).catch(() => undefined);
    if (author && (await publish(author, `after-failover-${author.id}`, scene)))
      return scene.journal.now() - startedAt;
    await sleep(100);
  }
  return undefined;
}

/** Whatever runs may be cancelled, by an operator or by a timeout. */
const cancelStatements: Fault = {
  kind: 'cancel statements',
  touches: 'postgres',
  quick: true,
  async run({ system, signal }) {
    let cancelled = 0;
    for (const until = performance.now() + 3_000; performance.now() < until && !signal.aborted;) {
      const [row] = await system.administration.query<{ count: number }>(
        `SELECT count(pg_cancel_backend(pid))::int AS count FROM pg_stat_activity
         WHERE usename = ANY($1) AND state = 'active'`,
        [roles],
      );
      cancelled += row?.count ?? 0;
      await sleep(20);
    }
    return `${cancelled} of all services`;
  },
};

/** So many that those beyond their turn wait less than anybody's patience. */
const writers = 24;
const lockedMilliseconds = 8_000;
/** The bound for the median of concurrent reads, on a machine that everything shares: if reads waited for a connection, none would be faster. */
const readMilliseconds = 2_500;

/** Many writes wait for one locked row; reads of other rows must not wait behind them. */
const lockedRow: Fault = {
  kind: 'locked row',
  touches: 'data',
  async run(scene) {
    const { system, attempt, journal, findings } = scene;
    const author = await newAuthor(scene);
    // Somebody else: what one user has at work waits for its own turn.
    const reader = await newAuthor(scene);
    const locked = await publish(author, `locked-${author.id}`, scene);
    const other = await publish(author, `beside-${author.id}`, scene);
    if (!locked || !other) throw new Error('no post could be published');
    const held = system.administration.query(
      `SELECT pg_sleep(${lockedMilliseconds / 1_000}) FROM posts.posts WHERE id = $1 FOR UPDATE`,
      [locked.id],
    );
    const patches = Array.from({ length: writers }, () =>
      attempt('patch a locked post', 'PATCH', `/posts/${locked.id}`, {
        token: author.token,
        json: { content: 'Later.' },
      }),
    );
    const times: number[] = [];
    for (const until = journal.now() + lockedMilliseconds - 1_000; journal.now() < until;) {
      const startedAt = journal.now();
      const answer = await attempt('read beside', 'GET', `/posts/${other.id}`, { token: reader.token });
      if (answer?.status === 200) times.push(journal.now() - startedAt);
      await sleep(50);
    }
    await Promise.all([held, ...patches]);
    const median = quantile(times, 0.5);
    if (times.length === 0 || median > readMilliseconds)
      findings.broken('I11', `reads took ${Math.round(median)} ms beside a locked row of another post`);
    return `${writers} writers, 8 s; half of the reads beside them took ${Math.round(median)} ms`;
  },
};

export const databaseFaults: readonly Fault[] = [readOnly, staleConnections, cancelStatements, lockedRow];
