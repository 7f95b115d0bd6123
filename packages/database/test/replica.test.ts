import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { eventually } from '@agora/testing';
import { openReplica, type Replica } from '../src/replica/replica.js';

/** A message of the PostgreSQL protocol. */
function message(type: string, ...parts: (string | number | Buffer)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part !== 'number') return Buffer.from(part);
      const bytes = Buffer.alloc(4);
      bytes.writeInt32BE(part);
      return bytes;
    }),
  );
  const head = Buffer.alloc(5, type);
  head.writeInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

const text = Buffer.from([0, 0, 0, 25, 255, 255, 255, 255, 255, 255, 0, 0]);
const ready = message('Z', 'I');
const column = message('T', Buffer.from([0, 1]), 'position\0', 0, Buffer.from([0, 0]), text);

/** Where the logs are. */
const [primary, standby] = [{ position: '0/100' }, { position: '0/100' }];
/** Answers every statement as a standby at some position. */
const server = createServer((socket) => {
  socket.on('error', () => undefined);
  socket.once('data', () => {
    socket.write(Buffer.concat([message('R', 0), ready]));
    socket.on('data', () => {
      const { position } = standby;
      const row = message('D', Buffer.from([0, 1]), position.length, position);
      socket.write(Buffer.concat([column, row, message('C', 'SELECT 1\0'), ready]));
    });
  });
});
let replica: Replica;
beforeAll(async () => {
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const { port } = server.address() as AddressInfo;
  replica = openReplica({ host: '127.0.0.1', port }, async () => primary.position);
});
afterAll(async () => {
  await replica.close();
  server.close();
});

const isRead = async (after?: string) =>
  (await replica.read(await replica.sourceOf(after), async () => true)) ?? false;

it('is read once it has replayed the required position, and not before', async () => {
  await eventually(async () => expect(await isRead()).toBe(true));
  expect([await isRead('0/100'), await isRead('latest'), await isRead('0/101')]).toEqual([true, true, false]);
});

it('is not read after a failover that lost commits which it may have, until it is past them', async () => {
  primary.position = '0/80';
  await eventually(async () => expect(await isRead('latest')).toBe(false));
  primary.position = '0/100';
  // The replica would have been asked again long since.
  const started = performance.now();
  await eventually(async () => {
    expect(await isRead()).toBe(false);
    expect(performance.now() - started).toBeGreaterThan(4_000);
  });
  [primary.position, standby.position] = ['0/120', '0/120'];
  await eventually(async () => expect(await isRead()).toBe(true));
});
