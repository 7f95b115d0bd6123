import { every, type Logger, type Stoppable } from '@agora/process';
import { heartbeatSubject, type Heartbeat } from '@agora/identity';
import { type Broker } from '@agora/messaging';
import { openBroadcast } from '@agora/messaging/reading';
import { readNewest } from './revocation-log.js';

const everyMilliseconds = 500;

/**
 * Broadcasts every half second the number of the newest committed revocation, so that verifiers notice a missing one:
 * every replica does, for one that says nothing is then missed by nobody.
 */
export function announceRevocations(broker: Broker, logger: Logger): Stoppable {
  const broadcast = openBroadcast(broker, heartbeatSubject, () => undefined);
  const heartbeats = every(
    'heartbeat of revocations',
    everyMilliseconds,
    async () => {
      const newest = await readNewest();
      broadcast.send({ newest, at: Date.now() } satisfies Heartbeat);
    },
    { logger, isVital: true, maxBackoffMilliseconds: everyMilliseconds },
  );
  return {
    async stop() {
      await heartbeats.stop();
      await broadcast.stop();
    },
  };
}
