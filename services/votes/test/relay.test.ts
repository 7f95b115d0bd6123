import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshId, openCourier, query, startAgora, type Courier } from '@agora/testing';
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
  const holders = async () => {
    const rows = await query<{ count: number }>(
      `SELECT count(*)::int AS count FROM pg_locks JOIN pg_stat_activity USING (pid)
       WHERE locktype = 'advisory' AND granted AND application_name = 'votes-relay' AND datname = current_database()`,
    );
    return Number(rows[0]?.count);
  };

  beforeAll(async () => {
    [votes, courier] = await Promise.all([startVotes(), openCourier()]);
  });
  afterAll(async () => {
    await courier.close();
    await votes.stop();
  });

  it('publishes what was voted, in its order, and marks it', async () => {
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

  it('is active in one of two replicas, and in the other when that one is killed', async () => {
    const second = await startAgora(['votes']);
    try {
      await eventually(async () => expect(await holders()).toBe(1));
      const post = votes.newPost();
      await votes.agora.process('votes').end('SIGKILL');
      await votes.agora.process('votes').restart();
      await votes.vote(freshId(), post, 1);
      await allPublished();
      expect(await holders()).toBe(1);
    } finally {
      await second.stop();
    }
  });

  it('fills a stream again that was lost, with what it had published to it', async () => {
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
