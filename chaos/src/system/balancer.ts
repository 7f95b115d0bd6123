import { connect, createServer, type Socket } from 'node:net';

/** Where a connection may go. */
export interface Endpoint {
  port: number;
  isReady(): boolean;
}

export interface Balancer {
  readonly port: number;
  stop(): Promise<void>;
}

/**
 * Spreads connections over `endpoints` in turn, as a Service of Kubernetes does: those that are ready, or all when none is. A
 * refused connection goes to the next.
 */
export async function openBalancer(port: number, endpoints: readonly Endpoint[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  let turn = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const inTurn = endpoints.map((_, index) => endpoints[(turn + index) % endpoints.length] as Endpoint);
    turn += 1;
    const ready = inTurn.filter((endpoint) => endpoint.isReady());
    const others = inTurn.filter((endpoint) => !ready.includes(endpoint));
    track(client, sockets);
    join(client, [...ready, ...others], sockets);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    async stop() {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function track(socket: Socket, sockets: Set<Socket>): void {
  sockets.add(socket);
  socket.once('close', () => sockets.delete(socket));
}

function join(client: Socket, [next, ...rest]: Endpoint[], sockets: Set<Socket>): void {
  if (!next || client.destroyed) return void client.resetAndDestroy();
  const upstream = connect({ port: next.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  track(upstream, sockets);
  const refused = () => join(client, rest, sockets);
  upstream.once('error', refused);
  upstream.once('connect', () => {
    upstream.off('error', refused);
    passOn(client, upstream);
    passOn(upstream, client);
  });
}

function passOn(from: Socket, to: Socket): void {
  from.pipe(to);
  from.once('error', () => to.resetAndDestroy());
  from.once('close', () => from.readableEnded || to.destroy());
}
