import { openFaultProxy, type FaultProxy } from '@agora/testing';
import type { Stop } from './options.js';

/** What leads to a server, or to all nodes of one, and breaks as a whole. */
export type Way = Pick<FaultProxy, 'cut' | 'holdBack' | 'slowDown' | 'heal'>;

/** The way of a replica to NATS: one fault proxy before each node. */
export interface NatsWay extends Way {
  /** The replica's settings. */
  readonly url: string;
}

/** Opens a way to the nodes at these ports. */
export async function openNatsWay(ports: readonly number[], stops: Stop[]): Promise<NatsWay> {
  const ways: FaultProxy[] = [];
  for (const port of ports) {
    const way = await openFaultProxy(port);
    stops.push(() => way.stop());
    ways.push(way);
  }
  return {
    url: natsUrl(ways.map(({ port }) => port)),
    cut: () => ways.forEach((way) => way.cut()),
    holdBack: () => ways.forEach((way) => way.holdBack()),
    slowDown: (milliseconds) => ways.forEach((way) => way.slowDown(milliseconds)),
    heal: () => ways.forEach((way) => way.heal()),
  };
}

/** The address of servers on this machine. */
export const natsUrl = (ports: readonly number[]): string =>
  ports.map((port) => `nats://127.0.0.1:${port}`).join(',');
