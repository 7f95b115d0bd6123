import { randomUUID } from 'node:crypto';
import { userDeleted } from '@agora/contracts';
import { processes, type ProcessName } from '@agora/local-stack';
import { AckPolicy, jetstream, jetstreamManager } from '@nats-io/jetstream';
import { connect, type NatsConnection } from '@nats-io/transport-node';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentStack, openCourier } from '../src/index.js';

const { nats, worker } = currentStack();
const durable = { ack_policy: AckPolicy.Explicit };

type User = ProcessName | 'tester';
const users: User[] = [...processes, 'tester'];
let connections: Record<User, NatsConnection>;

const connectAs = ({ user, password: pass }: { user: string; password: string }) =>
  connect({ servers: nats.url, user, pass, inboxPrefix: `_INBOX_${user}`, reconnect: false });

beforeAll(async () => {
  const courier = await openCourier();
  for (const publisher of ['auth', 'posts', 'votes'] as const) await courier.ensureStream(publisher);
  await courier.close();
  const opened = users.map(async (name) => [name, await connectAs(worker.natsUsers[name])] as const);
  connections = Object.fromEntries(await Promise.all(opened)) as typeof connections;
  const { consumers } = await jetstreamManager(connections.tester);
  await consumers.add('AUTH', { ...durable, durable_name: 'posts' });
});
afterAll(() => Promise.all(users.map((name) => connections[name].close())));

const managerOf = (name: User) => jetstreamManager(connections[name], { checkAPI: false, timeout: 3_000 });
type Manager = Awaited<ReturnType<typeof managerOf>>;

/** None of a stranger's requests is answered; the error shows that the cause is the permission. */
const refusal = expect.objectContaining({ message: expect.stringMatching(/permission/i) });

describe('votes', () => {
  const acts: [string, (manager: Manager, connection: NatsConnection) => Promise<unknown>][] = [
    ['say that a user was deleted', (_, connection) => jetstream(connection).publish(userDeleted.type, '{}')],
    ['delete a stream of another', ({ streams }) => streams.delete('POSTS')],
    ['purge a stream of another', ({ streams }) => streams.purge('AUTH')],
    ['make a stream', ({ streams }) => streams.add({ name: 'INTRUDER', subjects: ['intruder'] })],
    ['change its own stream', ({ streams }) => streams.update('VOTES', { max_msgs: 1 })],
    ['change a stream of another', ({ streams }) => streams.update('AUTH', { max_msgs: 1 })],
    ['take a message out of a stream', ({ streams }) => streams.deleteMessage('AUTH', 1)],
    ['read a stream past its consumers', ({ streams }) => streams.getMessage('AUTH', { seq: 1 })],
    ['list the streams', ({ streams }) => streams.names().next()],
    ['delete a consumer of another', ({ consumers }) => consumers.delete('AUTH', 'posts')],
    ['look at a consumer of another', ({ consumers }) => consumers.info('AUTH', 'posts')],
    ['change a consumer of another', ({ consumers }) => consumers.add('AUTH', { ...durable, durable_name: 'posts' })],
    ['make a consumer where it reads nothing', ({ consumers }) => consumers.add('VOTES', { ...durable, durable_name: 'x' })],
    ['take what another is to read', (_, connection) => connection.request('$JS.API.CONSUMER.MSG.NEXT.AUTH.posts', '1')],
    ['acknowledge in place of another', (_, connection) => connection.request('$JS.ACK.AUTH.posts.1.1.1.1.0')],
    ['say in place of auth that nothing was revoked', (_, connection) => connection.request('heartbeat.auth', '{}')],
    ['limit logins', (_, connection) => connection.request('gateway.limits')],
  ]; // prettier-ignore

  it.each(acts)('cannot %s', async (_name, act) => {
    await expect(act(await managerOf('votes'), connections.votes)).rejects.toEqual(refusal);
  });

  it("cannot reach another service's consumer through the name of a follower", async () => {
    const config = { ...durable, name: 'posts', durable_name: 'posts' };
    const body = JSON.stringify({ stream_name: 'AUTH', config });
    const answer = await connections.votes.request(
      `$JS.API.CONSUMER.CREATE.AUTH.follower-${randomUUID()}`,
      body,
    );
    expect(answer.json()).toMatchObject({ error: { code: 400 } });
  });

  it.each(['>', '_INBOX.>', `_INBOX_${worker.natsUsers.posts.user}.>`, 'auth.>', 'votes.>', '$JS.>'])(
    'cannot listen to %s',
    async (subject) => {
      const error = await new Promise((resolve) => {
        connections.votes.subscribe(subject, { callback: resolve });
      });
      expect(error).toEqual(refusal);
    },
  );
});

describe('every other process', () => {
  it.each([
    ['auth', 'votes.vote-cast.v1'],
    ['posts', 'auth.user-deleted.v1'],
    ['gateway', 'auth.session-revoked.v1'],
    ['gateway', 'posts.post-deleted.v1'],
  ] as const)('%s cannot publish %s', async (name, subject) => {
    await expect(jetstream(connections[name]).publish(subject, '{}')).rejects.toEqual(refusal);
  });

  it.each(['auth', 'gateway'] as const)('%s cannot delete the consumer of posts', async (name) => {
    const { consumers } = await managerOf(name);
    await expect(consumers.delete('AUTH', 'posts')).rejects.toEqual(refusal);
  });

  it.each(processes)('%s may follow the stream of auth', async (name) => {
    const { consumers } = await managerOf(name);
    const follower = await consumers.add('AUTH', {
      name: `follower-${randomUUID()}`,
      ack_policy: AckPolicy.None,
    });
    expect(await consumers.delete('AUTH', follower.name)).toBe(true);
  });
});
