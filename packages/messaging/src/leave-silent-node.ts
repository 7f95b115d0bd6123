import { delay } from '@agora/process';
import type { NatsConnection } from '@nats-io/transport-node';
import type { Logger } from './logger.js';

const askMilliseconds = 1_000;
/** Longer than most elections of a leader, during which no other node would answer either. */
const patienceMilliseconds = 5_000;
const maxPatienceMilliseconds = 30_000;

/**
 * Has the connection lead to another of `nodes` once its own does not answer for JetStream: a node that is cut off from the others keeps its
 * connections, and whoever stayed there would neither publish nor hear anything until it is back. Resolves when the connection is closed.
 */
export async function leaveSilentNode(
  connection: NatsConnection,
  nodes: string[],
  answers: () => Promise<boolean>,
  logger: Logger,
): Promise<void> {
  const closed = new AbortController();
  void connection.closed().then(() => closed.abort());
  // The client has struck off those that did not let it in before it was connected.
  connection.setServers(nodes);
  const known = connection.getServers().map(({ listen }) => listen);
  let patience = patienceMilliseconds;
  let answeredAt = performance.now();
  while (!closed.signal.aborted) {
    await delay(askMilliseconds, closed.signal);
    if (await answers()) {
      connection.setServers(known);
      patience = patienceMilliseconds;
      answeredAt = performance.now();
    } else if (performance.now() - answeredAt > patience && !closed.signal.aborted) {
      logger.warn({}, 'JetStream does not answer by this node of NATS; connecting to another');
      const others = known.filter((node) => node !== connection.getServer());
      connection.setServers(others.length > 0 ? others : known);
      await connection.reconnect();
      // When none of them answers it is not the nodes.
      patience = Math.min(2 * patience, maxPatienceMilliseconds);
      answeredAt = performance.now();
    }
  }
}
