import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { voteCast } from '@agora/contracts';
import { eventually } from '@agora/testing';
import { republishSince } from '../src/operating.js';
import { type Broker } from '../src/index.js';
import { allPublished, envelopeOf, openMessaging, password, type OwnMessaging } from './own-messaging.js';

let own: OwnMessaging;
let relay: { stop(): Promise<void> };

beforeAll(async () => {
  own = await openMessaging();
});
afterAll(() => own.stop());
/** Each test begins with ten events that are in the outbox and in the stream. */
beforeEach(async () => {
  for (const stream of ['VOTES', 'VOTES_1', 'VOTES_2'])
    await own.manager.streams.delete(stream).catch(() => undefined);
  await own.rows('TRUNCATE outbox, published_streams RESTART IDENTITY');
  relay = own.relay();
  await own.fillOutbox(10);
  await allPublished(own);
});

afterEach(() => relay.stop());

const eventIds = async () =>
  (await own.rows<{ id: string }>('SELECT event_id AS id FROM outbox ORDER BY sequence')).map(({ id }) => id);
const publishedAt = () => own.rows('SELECT sequence, published_at FROM outbox ORDER BY sequence');
describe('a stream that has lost messages', () => {
  it('is refilled alongside new events, without changing a row of the outbox', async () => {
    await own.fillOutbox(30_000, "now() - interval '1 hour'");
    await own.manager.streams.delete('VOTES');
    const [fresh = ''] = await fill(1);
    const place = await eventually(async () => {
      const ids = await own.stored();
      expect(ids).toContain(fresh);
      return ids.indexOf(fresh);
    });
    expect(place).toBeLessThan(3_000);
    // The relay marks what it has published a moment later, the new event too.
    expect(
      await own.rows('SELECT FROM outbox WHERE published_at IS NULL AND event_id <> $1', [fresh]),
    ).toHaveLength(0);
    const { streams } = own.manager;
    await eventually(async () => expect((await streams.info('VOTES')).state.messages).toBe(30_011), 60_000);
  }, 90_000);

  it('is noticed at the first acknowledgement with a used sequence, however many events come at once', async () => {
    const rewind = await own.nats.snapshot(password);
    await own.fillOutbox(5);
    await allPublished(own);
    await rewind();
    await own.fillOutbox(20);
    await eventually(async () => expect(new Set(await own.stored())).toEqual(new Set(await eventIds())));
  });

  it('is distinguished from its successor, even a longer one', async () => {
    await relay.stop();
    const { config } = await own.manager.streams.info('VOTES');
    await own.manager.streams.delete('VOTES');
    await own.manager.streams.add(config);
    for (let count = 0; count < 20; count += 1) await own.publish(envelopeOf());
    relay = own.relay();
    await eventually(async () =>
      expect(await own.stored()).toEqual(expect.arrayContaining(await eventIds())),
    );
  });

  it('is not refilled with events that inboxes may have forgotten', async () => {
    await own.rows(`UPDATE outbox SET published_at = now() - interval '8 days' WHERE sequence <= 5`);
    const kept = (await eventIds()).slice(5);
    await own.manager.streams.delete('VOTES');
    const added = await fill(1);
    await eventually(async () => expect(new Set(await own.stored())).toEqual(new Set([...kept, ...added])));
    await allPublished(own);
    expect(await own.stored()).toHaveLength(6);
  });
});

describe('a stream that has lost nothing', () => {
  it('is not refilled when its nodes disagree on its creation time', async () => {
    await relay.stop();
    await own.rows(`UPDATE published_streams SET created = 'at another time'`);
    const before = await publishedAt();
    relay = own.relay();
    await fill(1);
    await allPublished(own);
    expect((await publishedAt()).slice(0, 10)).toEqual(before);
    expect((await own.manager.streams.info('VOTES')).state.last_seq).toBe(11);
  });

  it('is not refilled when its last event has expired', async () => {
    await relay.stop();
    const { config } = await own.manager.streams.info('VOTES');
    await own.rows(`UPDATE published_streams SET last_published_at = now() - interval '8 days'`);
    await own.manager.streams.purge('VOTES');
    expect(config.max_age).toBe(7 * 86_400 * 1e9);
    relay = own.relay();
    const added = await fill(1);
    await allPublished(own);
    expect(await own.stored()).toEqual(added);
  });
});

describe('partitions', () => {
  const idsIn = async (partition: number) =>
    (
      await own.rows<{ id: string }>('SELECT event_id AS id FROM outbox WHERE partition = $1', [partition])
    ).map(({ id }) => id);

  it('are published to their own streams, even after their number was lowered, and refilled when these are lost', async () => {
    await own.rows(
      'UPDATE outbox SET published_at = NULL, partition = sequence % 3, event_id = gen_random_uuid()',
    );
    await own.rows(`UPDATE outbox SET envelope = envelope || jsonb_build_object('id', event_id)`);
    await allPublished(own);
    for (const partition of [1, 2]) expect(await own.stored(partition)).toEqual(await idsIn(partition));
    await own.manager.streams.delete('VOTES_2');
    await eventually(async () => expect(await own.stored(2)).toEqual(await idsIn(2)), 15_000);
    expect(await own.stored(1)).toEqual(await idsIn(1));
  });
});

describe('the relay', () => {
  it('marks a message as a structured CloudEvent', async () => {
    const message = await own.manager.streams.getMessage('VOTES', { last_by_subj: voteCast.type });
    expect(message?.header.get('Content-Type')).toBe('application/cloudevents+json');
  });

  it('publishes while nobody answers requests about the stream', async () => {
    await relay.stop();
    const silent: Broker = {
      ...own.broker,
      jetStream: async () => {
        const { client, manager } = await own.broker.jetStream();
        const streams = { ...manager.streams, info: () => new Promise<never>(() => undefined) };
        return { client, manager: { ...manager, streams } };
      },
    };
    relay = own.relay(silent);
    await fill(3);
    await allPublished(own, 3_000);
    expect(await own.stored()).toHaveLength(13);
  });

  it('continues at once when NATS is back', async () => {
    await own.nats.halt();
    await own.fillOutbox(3);
    await new Promise((resolve) => setTimeout(resolve, 1_500));
    await own.nats.restart(password);
    await allPublished(own, 3_000);
    await eventually(async () => expect(await own.stored()).toHaveLength(13));
  });

  it("republishes events on an operator's request, each once", async () => {
    const before = await publishedAt();
    expect(await republishSince(own.database, new Date(Date.now() - 3_600_000))).toBe(10);
    await allPublished(own);
    expect(await publishedAt()).toEqual(before);
  });
});

/** Adds events to the outbox and returns their ids. */
async function fill(count: number): Promise<string[]> {
  const before = new Set(await eventIds());
  await own.fillOutbox(count);
  return (await eventIds()).filter((id) => !before.has(id));
}
