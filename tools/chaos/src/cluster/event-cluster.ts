import { join } from 'node:path';
import type { NatsOptions } from '@agora/local-stack';
import { likelyFreePort, openFaultProxy, type FaultProxy } from '@agora/testing';
import { startEventServer, type EventServer } from '../system/servers.js';
import type { Stop } from '../system/options.js';

/** One of the nodes, which can be broken alone. */
export interface EventNode extends EventServer {
  /** Its name in the cluster, by which NATS also names leaders. */
  readonly name: string;
}

/** Three nodes of NATS that keep every stream together; what breaks all of them at once is as for one server. */
export interface EventCluster extends EventServer {
  readonly nodes: readonly EventNode[];
  /** Holds back all that a node and the others send each other. */
  split(node: EventNode): void;
  reunite(): void;
}

const names = ['n1', 'n2', 'n3'];

/** Starts the nodes, each with a way of its own to each of the others. They may not have found each other yet. */
export async function startEventCluster(
  options: Omit<NatsOptions, 'storeDirectory' | 'logFile' | 'cluster'>,
  { folder, logs }: { folder: string; logs: string },
  stops: Stop[],
): Promise<EventCluster> {
  const ports: number[] = [];
  while (ports.length < names.length) ports.push(await likelyFreePort());
  const ways: { from: string; to: string; way: FaultProxy }[] = [];
  const nodes: EventNode[] = [];
  for (const [index, name] of names.entries()) {
    const routes: number[] = [];
    for (const [place, other] of names.entries()) {
      if (other === name) continue;
      const way = await openFaultProxy(ports[place] ?? 0);
      stops.push(() => way.stop());
      ways.push({ from: name, to: other, way });
      routes.push(way.port);
    }
    const server = await startEventServer({
      ...options,
      storeDirectory: join(folder, `nats-${name}`),
      logFile: join(logs, `nats-${name}.log`),
      cluster: { name, port: ports[index] ?? 0, routes },
    });
    stops.push(() => server.stop());
    nodes.push({ ...server, name });
  }
  const forEachNode = async (act: (node: EventNode) => unknown) => void (await Promise.all(nodes.map(act)));
  return {
    nodes,
    ports: nodes.flatMap((node) => node.ports),
    end: (signal) => forEachNode((node) => node.end(signal)),
    start: () => forEachNode((node) => node.start()),
    startWith: (settings) => forEachNode((node) => node.startWith(settings)),
    stop: () => forEachNode((node) => node.stop()),
    pause: () => nodes.forEach((node) => node.pause()),
    resume: () => nodes.forEach((node) => node.resume()),
    wipe: () => nodes.forEach((node) => node.wipe()),
    saveStorage: () => nodes.forEach((node) => node.saveStorage()),
    rewindStorage: () => nodes.forEach((node) => node.rewindStorage()),
    split: ({ name }) =>
      ways.forEach(({ from, to, way }) => (from === name || to === name) && way.holdBack()),
    reunite: () => ways.forEach(({ way }) => way.heal()),
  };
}
