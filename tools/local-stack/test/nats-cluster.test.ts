import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { afterEach, expect, it } from '@jest/globals';
import { freePort } from '../src/machine/free-port.js';
import { findNatsServer } from '../src/nats/nats-server.js';
import { checkout } from '../src/stack/checkout.js';
import { emptyFolder } from './temporary.js';

const children: ChildProcess[] = [];
afterEach(async () => {
  for (const child of children.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }
});

it('makes the streams once the nodes of a cluster have found each other, and waits until then', async () => {
  const { file } = await findNatsServer();
  const folder = emptyFolder();
  const [client, cluster, ...others] = [
    await freePort(),
    await freePort(),
    await freePort(),
    await freePort(),
  ];
  const startNode = (name: string, port: number, clusterPort: number) => {
    const options = {
      '--name': name,
      '--addr': '127.0.0.1',
      '--port': String(port),
      '--store_dir': join(folder, name),
      '--cluster_name': 'agora',
      '--cluster': `nats://127.0.0.1:${clusterPort}`,
      '--routes': `nats://127.0.0.1:${cluster}`,
    };
    children.push(spawn(file, ['--jetstream', ...Object.entries(options).flat()], { stdio: 'ignore' }));
  };
  startNode('first', client, cluster);
  const streams = spawn(process.execPath, [join(checkout, 'deploy/docker/make-streams.mjs')], {
    env: { NATS_URL: `nats://127.0.0.1:${client}`, STREAM_REPLICAS: '3', STREAM_MAX_BYTES: '1048576' },
  });
  children.push(streams);
  const ended = once(streams, 'close');
  let output = '';
  for (const stream of [streams.stdout, streams.stderr])
    stream.on('data', (text) => (output += String(text)));
  await once(streams.stdout, 'data');

  startNode('second', others[0] ?? 0, await freePort());
  startNode('third', others[1] ?? 0, await freePort());

  expect([await ended, output]).toEqual([
    [0, null],
    expect.stringMatching(/^waiting for NATS: .*\nthe streams AUTH, POSTS, VOTES match the settings\n$/),
  ]);
}, 120_000);
