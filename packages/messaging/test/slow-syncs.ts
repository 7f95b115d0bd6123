import { connect, createServer, type Socket } from 'node:net';
import type { Stoppable } from '@agora/process';

/**
 * Opens a proxy to a NATS server through which each stream of votes takes one event at a time, each for the given time: as with
 * `sync_interval: always` on a disk that takes so long to sync.
 */
export async function openSlowSyncs(
  target: number,
  milliseconds: number,
): Promise<Stoppable & { port: number }> {
  const freeAt = new Map<string, number>();
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (client) => {
    const upstream = connect({ port: target, host: '127.0.0.1', noDelay: true });
    for (const socket of [client, upstream]) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.once('close', () => {
        client.destroy();
        upstream.destroy();
      });
    }
    upstream.pipe(client);
    client.on(
      'data',
      cutIntoFrames((frame, line) => {
        const [, stream] = /^HPUB (votes|partitions\.votes\.\d+)\./.exec(line) ?? [];
        if (stream === undefined) return void upstream.write(frame);
        const at = Math.max(performance.now(), freeAt.get(stream) ?? 0) + milliseconds;
        freeAt.set(stream, at);
        setTimeout(() => upstream.write(frame), at - performance.now());
      }),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

/** Gives each command of a client of NATS, with its payload where it announces one. */
function cutIntoFrames(take: (frame: Buffer, line: string) => void): (chunk: Buffer) => void {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    for (;;) {
      const end = rest.indexOf('\r\n');
      if (end < 0) return;
      const line = rest.toString('latin1', 0, end);
      const size = /^H?PUB /.test(line) ? Number(line.split(' ').at(-1)) + 2 : 0;
      const length = end + 2 + size;
      if (rest.length < length) return;
      take(rest.subarray(0, length), line);
      rest = rest.subarray(length);
    }
  };
}
