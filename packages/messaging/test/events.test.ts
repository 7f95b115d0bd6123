import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userDeleted, voteCast, voteRetracted } from '@agora/contracts';
import { eventually, openFaultProxy } from '@agora/testing';
import { Sequelize } from 'sequelize';
import { addToOutbox, continueLater, on, onBatch, startConsumers, type Subscription } from '../src/index.js';
import { recordInInbox } from '../src/consume/inbox.js';
import { listDeadLetters } from '../src/operating.js';
import { newEventId } from '../src/retain/event-ids.js';
import { correlation, envelopeOf, logger, openMessaging, type OwnMessaging } from './own-messaging.js';

let own: OwnMessaging;
let relay: { stop(): Promise<void> };
let consumers: { stop(): Promise<void> };

/** What the reactions below did, by post; written in the transaction that each is given. */
const effects = async (post: number) =>
  (
    await own.rows<{ effect: string }>('SELECT effect FROM effects WHERE post_id = $1 ORDER BY id', [post])
  ).map(({ effect }) => effect);
const note = (post: number, effect: string, transaction: Parameters<typeof addToOutbox>[2]) =>
  own.database.query('INSERT INTO effects (post_id, effect) VALUES ($1, $2)', {
    bind: [post, effect],
    transaction,
  });

const poison = 13;
const subscriptions: Subscription[] = [
  // Once for each event, in the transaction that records it as applied.
  on(voteRetracted, async ({ post_id: post, user_id: user }, transaction) => {
    if (post === poison) throw new Error('a post that nobody can bear');
    await note(post, `retracted by ${user}`, transaction);
  }),
  // Once for as many events as came together.
  onBatch([voteCast], async (envelopes, transaction) => {
    const posts = new Set(envelopes.map(({ data }) => data.post_id));
    for (const post of posts) {
      const votes = envelopes.filter(({ data }) => data.post_id === post).length;
      await note(post, `${votes} cast`, transaction);
    }
  }),
];

beforeAll(async () => {
  own = await openMessaging();
  await own.rows('CREATE TABLE effects (id serial, post_id int, effect text)');
  relay = own.relay();
  consumers = startConsumers({
    service: 'test',
    subscriptions,
    broker: own.broker,
    database: own.database,
    logger,
    correlation,
    isTransient: () => false,
  });
});
afterAll(async () => {
  await consumers.stop();
  await relay.stop();
  await own.stop();
});

let lastPost = 100;
const newPost = () => (lastPost += 1);

describe('an event', () => {
  it('is published when its transaction commits, and applied once', async () => {
    const post = newPost();
    await own.database.transaction(async (transaction) => {
      await addToOutbox(voteRetracted, { post_id: post, user_id: 7 }, transaction);
      expect(await effects(post)).toEqual([]);
    });
    await eventually(async () => expect(await effects(post)).toEqual(['retracted by 7']));
  });

  it('is not published when its transaction is rolled back', async () => {
    const [rolledBack, later] = [newPost(), newPost()];
    const failing = own.database.transaction(async (transaction) => {
      await addToOutbox(voteRetracted, { post_id: rolledBack, user_id: 7 }, transaction);
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    await own.database.transaction((transaction) =>
      addToOutbox(voteRetracted, { post_id: later, user_id: 7 }, transaction),
    );
    await eventually(async () => expect(await effects(later)).toHaveLength(1));
    expect(await effects(rolledBack)).toEqual([]);
  });

  it('has one effect though it is delivered three times', async () => {
    const post = newPost();
    const envelope = { ...envelopeOf(), type: voteRetracted.type, data: { post_id: post, user_id: 7 } };
    // Under other message ids, or the server would drop the copies itself.
    for (let copy = 0; copy < 3; copy += 1) await own.publish(envelope, randomUUID());
    await own.publish({ ...envelopeOf(), data: { post_id: post, user_id: 8 } });
    await eventually(async () => expect(await effects(post)).toContain('1 cast'));
    expect((await effects(post)).filter((effect) => effect === 'retracted by 7')).toHaveLength(1);
  });
});

describe('a batch of events', () => {
  it('is applied together, each event once', async () => {
    const post = newPost();
    await own.database.transaction(async (transaction) => {
      for (let user = 1; user <= 50; user += 1)
        await addToOutbox(voteCast, { post_id: post, user_id: user }, transaction);
    });
    const votes = async () =>
      (await effects(post)).reduce((sum, effect) => sum + Number.parseInt(effect, 10), 0);
    await eventually(async () => expect(await votes()).toBe(50));
    expect((await effects(post)).length).toBeLessThan(50);
  });
});

describe('a reaction that is too large for one transaction', () => {
  it('continues later until it is done, and keeps its work so far', async () => {
    const post = newPost();
    const erasing: number[] = [];
    const eraser = startConsumers({
      service: 'eraser',
      subscriptions: [
        on(userDeleted, async ({ user_id: user }, transaction) => {
          if (user !== post) return undefined;
          erasing.push(user);
          await note(post, `part ${erasing.length}`, transaction);
          return erasing.length < 3 ? continueLater : undefined;
        }),
      ],
      broker: own.broker,
      database: own.database,
      logger,
      correlation,
      isTransient: () => false,
    });
    await own.manager.streams.add({ name: 'AUTH', subjects: ['auth.>'] });
    await own.publish({ ...envelopeOf(), type: userDeleted.type, data: { user_id: post } });
    await eventually(async () => expect(await effects(post)).toEqual(['part 1', 'part 2', 'part 3']));
    await eraser.stop();
  });
});

describe('an event that cannot be applied', () => {
  it('is dead-lettered after five attempts, while later events are applied', async () => {
    const post = newPost();
    const bad = { ...envelopeOf(), type: voteRetracted.type, data: { post_id: poison, user_id: 7 } };
    await own.publish(bad);
    await own.publish({ ...envelopeOf(), type: voteRetracted.type, data: { post_id: post, user_id: 7 } });
    await eventually(async () => expect(await effects(post)).toEqual(['retracted by 7']));
    const letters = await eventually(async () => {
      const found = await listDeadLetters(own.database, 10);
      expect(found.map(({ message_id: id }) => id)).toContain(bad.id);
      return found;
    }, 20_000);
    expect(letters.find(({ message_id: id }) => id === bad.id)).toMatchObject({
      attempts: 5,
      last_error: 'Error: a post that nobody can bear',
    });
  }, 30_000);

  it('is dead-lettered at once when it is so old that the inbox may have forgotten it', async () => {
    const post = newPost();
    const time = '2026-01-01T00:00:00Z';
    const old = [
      { ...envelopeOf(), data: { post_id: post, user_id: 7 }, time },
      { ...envelopeOf(newEventId(Date.parse(time))), data: { post_id: post, user_id: 7 } },
    ];
    for (const event of old) await own.publish(event);
    const letters = await eventually(async () => {
      const found = await listDeadLetters(own.database, 10);
      for (const { id } of old) expect(found.map((letter) => letter.message_id)).toContain(id);
      return found;
    });
    for (const { id } of old)
      expect(letters.find((letter) => letter.message_id === id)?.last_error).toMatch(
        /of 2026-01-01T00:00:00.000Z, older than the inbox remembers/,
      );
    expect(await effects(post)).toEqual([]);
  });
});

describe('a replica that stops', () => {
  it('gives back the messages that were on their way to it', async () => {
    const publishedAt = new Map<number, number>();
    const waited = new Map<number, number>();
    const start = () =>
      startConsumers({
        service: 'crowd',
        subscriptions: [
          // What nobody else here reads: they would share an inbox.
          on(userDeleted, async ({ user_id: user }) => {
            const at = publishedAt.get(user);
            if (at !== undefined) waited.set(user, performance.now() - at);
          }),
        ],
        broker: own.broker,
        database: own.database,
        logger,
        correlation,
        isTransient: () => false,
      });
    await own.manager.streams.add({ name: 'AUTH', subjects: ['auth.>'] });
    const staying = start();
    const stopped = new AbortController();
    const publishing = (async () => {
      for (let user = 1; !stopped.signal.aborted; user += 1) {
        publishedAt.set(user, performance.now());
        await own.publish({ ...envelopeOf(), type: userDeleted.type, data: { user_id: user } });
      }
    })();
    try {
      for (let replica = 0; replica < 15; replica += 1) {
        const leaving = start();
        const before = waited.size;
        await eventually(() => expect(waited.size).toBeGreaterThan(before + 40));
        await leaving.stop();
      }
      stopped.abort();
      await publishing;
      await eventually(() => expect(waited.size).toBe(publishedAt.size), 20_000);
      // NATS hands on what was delivered and not acknowledged after 10 s.
      expect(Math.max(...waited.values())).toBeLessThan(9_000);
    } finally {
      stopped.abort();
      await publishing;
      await staying.stop();
    }
  }, 60_000);
});

describe('a database that hangs while an event is recorded, and recovers', () => {
  it('costs the connection, which could still answer late', async () => {
    const { port, database: name, user, password } = own.connection;
    const way = await openFaultProxy(Number(port));
    const database = new Sequelize(String(name), String(user), String(password), {
      host: '127.0.0.1',
      port: way.port,
      dialect: 'postgres',
      logging: false,
      pool: { max: 1 },
      dialectOptions: { query_timeout: 500 },
    });
    const backend = async () => (await database.query('SELECT pg_backend_pid() AS pid'))[0];
    const before = await backend();
    const applying = database.transaction(async (transaction) => {
      way.holdBack();
      await recordInInbox(database, [randomUUID()], transaction).finally(way.heal);
    });
    await expect(applying).rejects.toThrow('Query read timeout');
    expect(await backend()).not.toEqual(before);
    await database.close();
    await way.stop();
  });
});
