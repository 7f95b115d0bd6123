import { connect, createServer, type Socket } from 'node:net';
import { Transform, type Readable } from 'node:stream';

/** Where a connection may go. */
export interface Endpoint {
  port: number;
  isReady(): boolean;
  /** Whether no request may be sent there, even if no other replica is ready. */
  isOut(): boolean;
}

export interface Balancer {
  readonly port: number;
  /** Breaks each connection in the middle of an answer, after that many more bytes of answers. */
  cutAnswersAfter(bytes: number): void;
  /** Resets the connections that lead to `endpoint`. */
  cutOff(endpoint: number): void;
  stop(): Promise<void>;
}

/**
 * Spreads connections over `endpoints` in turn, as a Service of Kubernetes does: those that are ready, or all that are not out when none is. A
 * refused connection goes to the next.
 */
export async function openBalancer(port: number, endpoints: readonly Endpoint[]): Promise<Balancer> {
  const sockets = new Set<Socket>();
  const way: Way = { bytes: Infinity };
  let turn = 0;
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    const inTurn = endpoints
      .map((_, index) => endpoints[(turn + index) % endpoints.length] as Endpoint)
      .filter((endpoint) => !endpoint.isOut());
    turn += 1;
    const ready = inTurn.filter((endpoint) => endpoint.isReady());
    const others = inTurn.filter((endpoint) => !ready.includes(endpoint));
    track(client, sockets);
    join(client, [...ready, ...others], sockets, way);
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return {
    port,
    cutAnswersAfter: (bytes) => void (way.bytes = bytes),
    cutOff(endpoint) {
      for (const socket of sockets) if (socket.remotePort === endpoint) socket.resetAndDestroy();
    },
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

/** How many bytes of answers may pass on a connection yet. */
interface Way {
  bytes: number;
}

function join(client: Socket, [next, ...rest]: Endpoint[], sockets: Set<Socket>, way: Way): void {
  if (!next || client.destroyed) return void client.resetAndDestroy();
  const upstream = connect({ port: next.port, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
  track(upstream, sockets);
  const refused = () => join(client, rest, sockets, way);
  upstream.once('error', refused);
  upstream.once('connect', () => {
    upstream.off('error', refused);
    // It was withdrawn a moment ago.
    if (next.isOut()) {
      upstream.destroy();
      return refused();
    }
    passOn(client, client, upstream);
    passOn(upstream, upstream.pipe(limiter(way, () => breakOff(client, upstream))), client);
  });
}

/** Lets pass what may, and calls `cut` in the middle of what may not. */
function limiter(way: Way, cut: () => void): Transform {
  let allowed = way.bytes;
  let passed = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (way.bytes !== allowed) [allowed, passed] = [way.bytes, 0];
      const rest = Math.max(0, allowed - passed);
      passed += chunk.length;
      done(null, chunk.subarray(0, rest));
      if (chunk.length > rest) setImmediate(cut);
    },
  });
}

function breakOff(client: Socket, upstream: Socket): void {
  client.destroy();
  upstream.resetAndDestroy();
}

function passOn(from: Socket, what: Readable, to: Socket): void {
  what.pipe(to);
  from.once('error', () => to.resetAndDestroy());
  from.once('close', () => from.readableEnded || to.destroy());
}
