import { connect, createServer, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

/** Stands before a server on 127.0.0.1 and breaks the way to it. */
export interface FaultProxy {
  readonly port: number;
  /** Resets every connection that is open now. */
  cut(): void;
  /** Resets every connection, and every new one, until healed: a server that is down. */
  refuse(): void;
  /** Holds back all that is sent either way until healed: a network that drops packets. */
  holdBack(): void;
  /** Sends each piece on after a time from 0 to `milliseconds`, until healed; within a connection order stays. */
  slowDown(milliseconds: number): void;
  heal(): void;
  /** Resets every connection; new ones lead to another port: a name that leads to another server. */
  leadTo(port: number): void;
  /** Whether a connection that the server sees as coming from `port` comes through here. */
  carries(port: number): boolean;
  stop(): Promise<void>;
}

/** Opens a way to `target`, a port of 127.0.0.1, on `port` or a free one. */
export async function openFaultProxy(target: number, port = 0): Promise<FaultProxy> {
  let leadsTo = target;
  const way: Way = { refuses: false, holds: undefined, slowness: 0 };
  const sockets = new Set<Socket>();
  const keep = (socket: Socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
  };
  const server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => {
    if (way.refuses) return void client.resetAndDestroy();
    const upstream = connect({ port: leadsTo, host: '127.0.0.1', allowHalfOpen: true, noDelay: true });
    keep(client);
    keep(upstream);
    passOn(client, upstream, way);
    passOn(upstream, client, way);
  });
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy();
  };
  const heal = () => {
    way.refuses = false;
    way.slowness = 0;
    way.holds?.resolve();
    way.holds = undefined;
  };
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : port,
    cut,
    heal,
    carries: (from) => [...sockets].some(({ localPort }) => localPort === from),
    leadTo(other) {
      leadsTo = other;
      cut();
    },
    refuse() {
      way.refuses = true;
      cut();
    },
    holdBack: () => void (way.holds ??= Promise.withResolvers<void>()),
    slowDown: (milliseconds) => void (way.slowness = milliseconds),
    async stop() {
      heal();
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

interface Way {
  refuses: boolean;
  holds: PromiseWithResolvers<void> | undefined;
  slowness: number;
}

function passOn(from: Socket, to: Socket, way: Way): void {
  let last = Promise.resolve();
  const after = async (before: Promise<void>, act: () => void) => {
    await before;
    if (way.slowness > 0) await sleep(Math.random() * way.slowness);
    while (way.holds) await way.holds.promise;
    act();
  };
  const inTurn = (act: () => void) => void (last = after(last, act));
  from.on('data', (chunk: Buffer) => inTurn(() => to.write(chunk)));
  from.once('end', () => inTurn(() => to.end()));
  // A reset is immediate: data that was held back is lost.
  from.once('error', () => to.resetAndDestroy());
  from.once('close', (broken) => {
    if (broken) to.resetAndDestroy();
    else if (!from.readableEnded) to.destroy();
  });
}
