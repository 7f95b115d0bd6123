import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  connectAs,
  eventually,
  freshId,
  httpClient,
  openCourier,
  query,
  startAgora,
  tokenFor,
  type Agora,
  type Courier,
  type RunningProcess,
} from '@agora/testing';
import { startVotes, type Votes } from './start-votes.js';

describe('the relay', () => {
  let votes: Votes;
  let courier: Courier;
  const unpublished = async () => {
    const [row] = await query<{ count: number }>(
      'SELECT count(*)::int AS count FROM votes.outbox WHERE published_at IS NULL',
    );
    return Number(row?.count);
  };
  const allPublished = () => eventually(async () => expect(await unpublished()).toBe(0));
  /** The process that holds the lease of the relay now. */
  const holder = async () => {
    const [row] = await query<{ pid: number }>(
      `SELECT split_part(holder, '/', 2)::int AS pid FROM votes.leases WHERE name = 'relay' AND expires_at > clock_timestamp()`,
    );
    return row?.pid;
  };

  beforeAll(async () => {
    [votes, courier] = await Promise.all([startVotes({}), openCourier()]);
  });
  afterAll(async () => {
    await courier.close();
    await votes.stop();
  });

  it('publishes votes in order, and marks them as published', async () => {
    const post = votes.newPost();
    for (let index = 0; index < 5; index += 1) await votes.vote(freshId(), post, 1);
    await allPublished();
    const stored = await courier.read('votes');
    const events = await query<{ id: string }>(
      `SELECT event_id AS id FROM votes.outbox WHERE (envelope->'data'->>'post_id')::int = $1 ORDER BY sequence`,
      [post],
    );
    const ids = events.map(({ id }) => id);
    expect(stored.map(({ id }) => id).filter((id) => ids.includes(id))).toEqual(ids);
  });

  it('carries the id of the request along', async () => {
    const post = votes.newPost();
    const { headers } = await votes.vote(freshId(), post, 1);
    const [event] = await query<{ requestid: string }>(
      `SELECT envelope->>'requestid' AS requestid FROM votes.outbox WHERE (envelope->'data'->>'post_id')::int = $1`,
      [post],
    );
    expect(event?.requestid).toBe(headers.get('x-request-id'));
  });

  describe('with two replicas', () => {
    let second: Agora;
    const both = () => [votes.agora.process('votes'), second.process('votes')];
    const holding = () =>
      eventually(async () => {
        const pid = await holder();
        const found = both().find((each) => each.pid() === pid);
        if (!found) throw new Error(`${pid} is neither`);
        return found;
      });

    beforeAll(async () => {
      const posts = `http://127.0.0.1:${votes.agora.ports.posts.internalPort}`;
      second = await startAgora(['votes'], { environment: { POSTS_INTERNAL_URL: posts } });
    });
    afterAll(() => second.stop());

    it.each([
      ['is killed', 'SIGKILL'],
      ['freezes', 'SIGSTOP'],
    ] as const)('one is active, and when it %s the other within seconds', async (_name, signal) => {
      const first = await holding();
      const other = both().find((each) => each !== first) as RunningProcess;
      first.signal(signal);
      const post = votes.newPost();
      const cast = await httpClient(other.url)('POST', '/vote', {
        token: tokenFor(freshId()),
        json: { post_id: post, dir: 1 },
      });
      expect(cast.status).toBe(201);
      await eventually(async () => expect(await unpublished()).toBe(0), 5_000);
      expect(await holder()).toBe(other.pid());
      await first.end('SIGKILL');
      await first.restart();
    });

    it('the other is active at once when the first is stopped', async () => {
      const first = await holding();
      await first.end('SIGTERM');
      await eventually(async () => expect(await holder()).not.toBe(first.pid()), 1_500);
      await holding();
      await first.restart();
    });
  });

  it('works although another service holds many advisory locks', async () => {
    const posts = await connectAs('posts');
    await posts.query(
      `SELECT pg_advisory_lock(hashtextextended(name, 0)) FROM unnest(ARRAY['votes.relay', 'relay', 'votes']) AS name`,
    );
    try {
      await votes.agora.process('votes').end('SIGTERM');
      await votes.agora.process('votes').restart();
      await votes.vote(freshId(), votes.newPost(), 1);
      await allPublished();
      await expect(posts.query('UPDATE votes.leases SET token = 0')).rejects.toThrow('permission denied');
    } finally {
      await posts.end();
    }
  });

  it('refills a lost stream with the events that it had published to it', async () => {
    const post = votes.newPost();
    await votes.vote(freshId(), post, 1);
    await allPublished();
    await courier.loseStream('votes');
    await votes.vote(freshId(), post, 1);
    await eventually(async () => {
      const stored = (await courier.read('votes')).filter(({ data }) => data.post_id === post);
      expect(stored).toHaveLength(2);
    }, 15_000);
    await allPublished();
  });
});
