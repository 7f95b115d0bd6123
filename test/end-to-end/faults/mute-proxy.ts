import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** A TCP proxy to a server that can fall silent, as one whose machine has hung: connections stay, and nothing comes through. */
export async function openMuteProxy(host: string, port: number) {
  const sockets = new Set<Socket>();
  let muted = false;
  const pass = (from: Socket, to: Socket) => {
    sockets.add(from);
    from.on('data', (chunk: Buffer) => muted || to.write(chunk));
    from.on('error', () => to.destroy());
    from.on('close', () => {
      sockets.delete(from);
      to.destroy();
    });
  };
  const server = createServer((client) => {
    const upstream = connect(port, host);
    pass(client, upstream);
    pass(upstream, client);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Should Agora not start, nobody stops this.
  server.unref();
  return {
    port: (server.address() as AddressInfo).port,
    mute: () => void (muted = true),
    async stop() {
      // First, or who connects again at once would be waited for.
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}
