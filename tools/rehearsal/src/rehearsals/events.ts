import { randomUUID } from 'node:crypto';
import { same, until, type Rehearsal } from '../rehearsal.js';
import type { System } from '../system.js';

/** Sends an event without its data, as a buggy publisher would. */
async function sendUnreadable(system: System): Promise<void> {
  const id = randomUUID();
  const envelope = {
    specversion: '1.0',
    id,
    source: 'agora/posts',
    type: 'posts.post-created.v1',
    time: new Date().toISOString(),
    datacontenttype: 'application/json',
    data: {},
  };
  await system.sql('INSERT INTO posts.outbox (event_id, envelope) VALUES ($1, $2)', [
    id,
    JSON.stringify(envelope),
  ]);
  await until(async () => same((await deadLetters(system)).length > 0, true));
}

const deadLetters = (system: System) =>
  system.sql<{ id: string }>('SELECT message_id AS id FROM votes.dead_letters WHERE dead_at IS NOT NULL');
const firstId = async (system: System) => ({ '<id>': (await deadLetters(system))[0]?.id ?? '' });

export const deadLettersPresent: Rehearsal = {
  situation: sendUnreadable,
  commands: {
    'npm run dead-letters -- list': { says: /is required/ },
    'npm run dead-letters -- show <id> --service posts|votes': {
      with: async (system) => ({ ...(await firstId(system)), 'posts|votes': 'votes' }),
      says: /posts\.post-created\.v1/,
    },
    'npm run dead-letters -- retry --all': { code: 1, says: /failed again/ },
    'npm run dead-letters -- discard <id> --service …': {
      with: async (system) => ({ ...(await firstId(system)), '…': 'votes' }),
      asks: true,
      then: async (system) => same(await deadLetters(system), []),
    },
    'npm run streams -- status': { says: /POSTS/ },
    'npm run audit': {},
  },
};

const waiting = async (system: System) =>
  (
    await system.sql<{ events: number }>(
      'SELECT count(*)::int AS events FROM posts.outbox WHERE published_at IS NULL',
    )
  )[0]?.events;

/** NATS hangs, so events wait in the outbox. */
export const outboxStalled: Rehearsal = {
  async situation(system) {
    const ann = await system.person();
    system.signal('NATS', 'SIGSTOP');
    await system.post(ann);
  },
  commands: {
    'npm run outbox -- status': { says: /posts: [1-9]\d* unpublished, since/ },
    "SELECT holder, token, expires_at FROM <service>.leases WHERE name ~ '^relay( |$)'": {
      with: () => ({ '<service>': 'posts' }),
      says: /"holder"/,
    },
  },
  async after(system) {
    system.signal('NATS', 'SIGCONT');
    same(await waiting(system), 0);
  },
};

/** A stream has lost an event before votes had read it. */
export const messagesMissed: Rehearsal = {
  async situation(system) {
    const ann = await system.person();
    const post = await system.post(ann);
    const known = () => system.sql('SELECT 1 FROM votes.known_posts WHERE id = $1', [post]);
    await until(async () => same((await known()).length, 1));
    const of = `(envelope->'data'->>'post_id')::int = ${post}`;
    await system.sql(
      `DELETE FROM votes.inbox WHERE event_id IN (SELECT event_id FROM posts.outbox WHERE ${of})`,
    );
    await system.sql('DELETE FROM votes.known_posts WHERE id = $1', [post]);
    // The stream takes no event twice within two minutes; what a service has missed is days old and has another id.
    await system.sql(
      `UPDATE posts.outbox SET event_id = aged.id, envelope = jsonb_set(envelope::jsonb, '{id}', to_jsonb(aged.id))
       FROM (SELECT sequence, md5('aged' || sequence)::uuid AS id FROM posts.outbox) AS aged
       WHERE outbox.sequence = aged.sequence AND ${of}`,
    );
    lost.post = post;
  },
  commands: {
    'npm run audit': { code: 1, says: /unapplied_events/ },
    'npm run outbox -- republish --service <publisher> --since <when the service went away>': {
      with: () => ({ '<publisher>': 'posts', '<when the service went away>': '2020-01-01T00:00:00Z' }),
      says: /events will be published again/,
      then: async (system) =>
        same((await system.sql('SELECT 1 FROM votes.known_posts WHERE id = $1', [lost.post])).length, 1),
    },
    'npm run audit -- --repair': {},
  },
};
const lost: { post?: number } = {};

/** votes cannot apply the events of posts. */
export const consumerLagging: Rehearsal = {
  async situation(system) {
    const ann = await system.person();
    // Ended by the last command of the page.
    void system
      .whileHeld('LOCK TABLE votes.known_posts IN EXCLUSIVE MODE', () => held.promise)
      .catch(() => undefined);
    await until(async () =>
      same(
        (
          await system.sql(
            "SELECT 1 FROM pg_locks WHERE relation = 'votes.known_posts'::regclass AND mode = 'ExclusiveLock'",
          )
        ).length,
        1,
      ),
    );
    await system.post(ann);
  },
  commands: {
    'npm run audit': { code: 1, says: /unapplied_events/ },
    'npm run streams -- consumers': { says: /POSTS .*votes/ },
    "SELECT pid, wait_event_type, now() - xact_start, query FROM pg_stat_activity WHERE usename = 'posts_app'":
      {},
    'npm run streams -- status': {
      says: /POSTS/,
      then: async () => held.resolve(),
    },
    'npm run audit -- --repair': {},
  },
};
const held = Promise.withResolvers<void>();

export const streamNearlyFull: Rehearsal = {
  commands: {
    'npm run streams -- status': { says: /POSTS .*bytes/ },
    'node deploy/docker/show-streams.mjs status': { except: 'what npm run streams runs, in a container' },
    'npm run outbox -- republish --since <time>': {
      with: () => ({ '<time>': new Date(Date.now() - 60_000).toISOString() }),
      says: /^votes: /m,
    },
    'npm run audit': {},
  },
};

/** A requested erasure with nothing left to erase. */
export const erasureStalled: Rehearsal = {
  async situation(system) {
    const { token } = await system.person();
    const { status } = await system.ask('DELETE', '/users/me', { token });
    same(status, 204);
  },
  commands: {
    'SELECT kind, id, requested_at, next_at, last_error FROM votes.erasures ORDER BY requested_at LIMIT 20':
      {},
    'npm run audit -- --repair': {},
  },
  async after(system) {
    const metrics = await fetch(`${system.internal('votes')}/metrics`);
    same(/^erasures_waiting/m.test(await metrics.text()), true);
  },
};
