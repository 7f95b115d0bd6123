import { randomInt } from 'node:crypto';
import { isFree, processes, type Ports, type ProcessName } from '@agora/local-stack';

/** Below the range from which systems give ports to outgoing connections, one of which might take it meanwhile. */
const range = [12_000, 30_000] as const;

/** What this process was given and may not listen on yet. */
const given = new Set<number>();

/** A free port of 127.0.0.1 that is likely to stay so until it is listened on. */
export async function likelyFreePort(): Promise<number> {
  for (;;) {
    const port = randomInt(...range);
    if (given.has(port)) continue;
    given.add(port);
    if (await isFree(port)) return port;
  }
}

/** Both ports of a process. */
export const likelyFreePorts = async (): Promise<Ports> => ({
  port: await likelyFreePort(),
  internalPort: await likelyFreePort(),
});

/** Ports for every process of one Agora. */
export async function portsForAll(): Promise<Record<ProcessName, Ports>> {
  const pairs = processes.map(async (name) => [name, await likelyFreePorts()] as const);
  return Object.fromEntries(await Promise.all(pairs)) as Record<ProcessName, Ports>;
}
