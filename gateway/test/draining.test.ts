import { once } from 'node:events';
import { Agent } from 'node:http';
import type { Socket } from 'node:net';
import { expect, it } from '@jest/globals';
import { bearer } from './access-token.js';
import { ask } from './ask.js';
import { startGatewayTo } from './start-gateway.js';
import { startUpstream } from './start-upstream.js';

it('finishes requests in flight and accepts no new ones', async () => {
  const upstream = await startUpstream();
  const gateway = await startGatewayTo(upstream.origin);
  const agent = new Agent({ keepAlive: true });
  const { promise: held, resolve: hold } = Promise.withResolvers<() => void>();
  const { promise: connection, resolve: connect } = Promise.withResolvers<Socket>();
  upstream.answer = ({ socket }, response) => {
    connect(socket);
    hold(() => response.end('done'));
  };
  const inFlight = ask(gateway.port, 'GET', '/posts', { headers: bearer(), agent });
  const release = await held;

  const stopped = gateway.stop();
  await expect(ask(gateway.port, 'GET', '/health')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  release();

  await expect(inFlight).resolves.toMatchObject({ status: 200, text: 'done' });
  await stopped;
  const kept = await connection;
  if (!kept.closed) await once(kept, 'close');
  agent.destroy();
  await upstream.stop();
});
