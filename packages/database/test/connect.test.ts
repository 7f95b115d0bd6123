import { once } from 'node:events';
import { createServer, type AddressInfo } from 'node:net';
import { expect, it } from '@jest/globals';
import { connectDatabase, isDatabaseUnavailable } from '../src/index.js';

/** A message of the PostgreSQL protocol. */
function message(type: string, body: Buffer): Buffer {
  const length = Buffer.alloc(4);
  length.writeInt32BE(body.length + 4);
  return Buffer.concat([Buffer.from(type), length, body]);
}

it('survives a server that stops while it accepts the connection', async () => {
  const letIn = [message('R', Buffer.alloc(4)), message('Z', Buffer.from('I'))];
  const end = message('E', Buffer.from('SFATAL\0C57P01\0Mterminating connection\0\0'));
  const server = createServer((socket) => {
    socket.once('data', () => socket.end(Buffer.concat([...letIn, end])));
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  const database = connectDatabase(
    {
      DATABASE_HOST: '127.0.0.1',
      DATABASE_PORT: (server.address() as AddressInfo).port,
      DATABASE_NAME: 'agora',
      DATABASE_USER: 'votes_app',
      DATABASE_PASSWORD: 'x',
      DATABASE_POOL_MAX: 2,
    },
    'connect-test',
    [],
  );

  const error = await database.authenticate().catch((reason: unknown) => reason);

  expect(isDatabaseUnavailable(error)).toBe(true);
  await database.close();
  server.close();
});
