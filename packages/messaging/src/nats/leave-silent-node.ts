import { delay } from '@agora/process';
import { JetStreamApiError, type JetStreamManager } from '@nats-io/jetstream';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from '../logger.js';

const askMilliseconds = 1_000;
/** Longer than most elections of a leader, during which no other node would answer either. */
const patienceMilliseconds = 5_000;
const maxPatienceMilliseconds = 30_000;

/**
 * Moves the connection to another node when its own no longer answers for JetStream: a node that is cut off from the others keeps its
 * connections, and a client that stayed on it would neither publish nor receive anything until the network heals. `nodes` are the configured
 * addresses: before it is first connected, the client drops those that refuse it. Resolves when the connection is closed.
 */
export async function leaveSilentNode(
  connection: NatsConnection,
  nodes: readonly string[],
  answers: () => Promise<boolean>,
  logger: Logger,
): Promise<void> {
  const closed = new AbortController();
  void connection.closed().then(() => closed.abort());
  const pool = () => connection.getServers().map(({ listen }) => listen);
  /** Adds the missing ones; those that the nodes announced stay as they are. */
  const complete = (known: readonly string[]) => {
    const all = new Set([...pool(), ...known]);
    if (all.size > pool().length) connection.setServers([...all]);
  };
  let left = nodes.map(listenOf);
  complete(left);
  let patience = patienceMilliseconds;
  let answeredAt = performance.now();
  while (!closed.signal.aborted) {
    await delay(askMilliseconds, closed.signal);
    if (await answers()) {
      complete(left);
      patience = patienceMilliseconds;
      answeredAt = performance.now();
    } else if (performance.now() - answeredAt > patience && !closed.signal.aborted) {
      logger.warn({}, 'JetStream does not answer by this node of NATS; connecting to another');
      complete(left);
      left = pool();
      const others = left.filter((node) => node !== connection.getServer());
      if (others.length > 0) connection.setServers(others);
      await connection.reconnect();
      // When none of them answers it is not the nodes.
      patience = Math.min(2 * patience, maxPatienceMilliseconds);
      answeredAt = performance.now();
    }
  }
}

/** Asks about a consumer that does not exist, which every process may do: "not found" is an answer, "no leader" (503) is not. */
export async function jetStreamAnswers(manager: JetStreamManager): Promise<boolean> {
  try {
    await manager.consumers.info('AUTH', 'nobody');
    return true;
  } catch (error) {
    return error instanceof JetStreamApiError && error.status !== 503;
  }
}

/** An address as the client writes it. */
function listenOf(address: string): string {
  const { hostname, port } = new URL(address.includes('://') ? address : `nats://${address}`);
  return `${hostname}:${port || '4222'}`;
}
