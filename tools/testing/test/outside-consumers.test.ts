import { mkdtempSync, realpathSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { userDeleted, voteCast, voteRetracted } from '@agora/contracts';
import {
  checkout,
  makeSecrets,
  makeStreams,
  natsAccountsOf,
  settingOf,
  startNats,
  type Nats,
} from '@agora/local-stack';
import { jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, headers, type NatsConnection } from '@nats-io/transport-node';
import { HTTP, type CloudEvent } from 'cloudevents';

const folder = mkdtempSync(join(realpathSync(tmpdir()), 'agora-outside-'));
const secrets = makeSecrets();
const readers = { analytics: { password: 'a secret', reads: [voteCast.type, 'posts'] } };
let nats: Nats;
let votes: NatsConnection;
let analytics: NatsConnection;
let streams: JetStreamManager;

const connectAs = (user: string, password: string) =>
  connect({ servers: nats.url, user, pass: password, inboxPrefix: `_INBOX_${user}`, reconnect: false });

const event = (type: string, id: string) => ({
  specversion: '1.0',
  id,
  source: 'agora/votes',
  type,
  time: new Date().toISOString(),
  datacontenttype: 'application/json',
  data: { post_id: 1, user_id: 2 },
});

beforeAll(async () => {
  const options = { storeDirectory: folder, durable: false, logFile: join(folder, 'nats.log') };
  nats = await startNats({ ...options, accounts: natsAccountsOf(secrets, readers) });
  votes = await connectAs('votes', secrets.nats.votes);
  const users = { streams: { user: 'streams', password: secrets.nats.streams } };
  const signal = AbortSignal.timeout(60_000);
  await makeStreams(checkout, { nats: { url: nats.url, users } }, signal, settingOf(readers));
  analytics = await connectAs('analytics', 'a secret');
  streams = await jetstreamManager(await connectAs('streams', secrets.nats.streams), { checkAPI: false });
  const contentType = headers();
  contentType.set('Content-Type', 'application/cloudevents+json');
  for (const [type, id] of [
    [voteCast.type, 'one'],
    [voteRetracted.type, 'two'],
    [voteCast.type, 'three'],
  ] as const)
    await jetstream(votes).publish(type, JSON.stringify(event(type, id)), { headers: contentType });
});
afterAll(async () => {
  await Promise.all([votes?.close(), analytics?.close()]);
  await nats?.stop();
  rmSync(folder, { recursive: true, force: true });
});

describe('a user created by new-consumer', () => {
  it('reads the events it asked for with the CloudEvents SDK, and never again once acknowledged', async () => {
    const { consumers } = jetstream(analytics, { apiPrefix: 'agora' });
    const consumer = await consumers.get('VOTES', 'analytics_vote-cast_v1');
    const seen: CloudEvent<unknown>[] = [];
    for await (const message of await consumer.fetch({ max_messages: 2, expires: 5_000 })) {
      const type = { 'content-type': message.headers?.get('Content-Type') };
      seen.push(HTTP.toEvent({ headers: type, body: message.string() }) as CloudEvent<unknown>);
      await message.ackAck();
    }
    expect(seen).toMatchObject([
      { id: 'one', type: voteCast.type, data: { post_id: 1, user_id: 2 } },
      { id: 'three', type: voteCast.type },
    ]);
    expect((await consumer.info()).num_pending).toBe(0);
  });

  it.each([
    'agora.STREAM.INFO.VOTES',
    'agora.STREAM.NAMES',
    'agora.STREAM.MSG.GET.VOTES',
    'agora.STREAM.DELETE.VOTES',
    'agora.CONSUMER.MSG.NEXT.VOTES.posts',
    'agora.CONSUMER.CREATE.AUTH.mine',
    'agora.CONSUMER.CREATE.VOTES.analytics_vote-cast_v1',
    'agora.CONSUMER.DELETE.VOTES.analytics_vote-cast_v1',
  ])('cannot ask %s', async (subject) => {
    await expect(analytics.request(subject, '{}', { timeout: 2_000 })).rejects.toThrow(/no responders/);
  });

  it('has no streams of its own', async () => {
    await expect(jetstreamManager(analytics)).rejects.toThrow(/not enabled/);
  });

  it('reaches no subject of Agora, neither directly nor through the answer to a request', async () => {
    const received: string[] = [];
    analytics.subscribe('>', { callback: (_, { subject }) => void received.push(subject) });
    await analytics.flush();
    await jetstream(votes).publish(voteRetracted.type, JSON.stringify(event(voteRetracted.type, 'four')));
    const inquiry = 'agora.CONSUMER.INFO.POSTS.analytics';
    for (const reply of [userDeleted.type, voteCast.type, 'heartbeat.auth', '$JS.ACK.VOTES.posts.1.1.1.1.0'])
      analytics.publish(inquiry, '', { reply });
    analytics.publish(voteCast.type, JSON.stringify(event(voteCast.type, 'forged')));
    await analytics.flush();
    // What it wrote has passed the server before this answer of the same connection.
    await analytics.request(inquiry);
    expect((await streams.streams.info('VOTES')).state.messages).toBe(4);
    expect((await streams.streams.info('AUTH')).state.messages).toBe(0);
    expect(received).not.toContain(voteRetracted.type);
  });
});
