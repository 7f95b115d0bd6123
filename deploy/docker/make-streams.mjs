/**
 * `node make-streams.mjs`: creates the streams of every service, or updates them to the settings, as the only user of
 * NATS that may do so; then the consumers of outside teams that OUTSIDE_CONSUMERS names (docs/events.md). Can be run again;
 * waits for a server that is starting and for a cluster that is forming.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { createLogger, readSettings } from '@agora/process';
import { brokerSettings, connectBroker } from '@agora/messaging';
import {
  applyOutsideConsumers,
  applyStreams,
  isFormingCluster,
  readOutsideConsumers,
} from '@agora/messaging/operating';

const waitMilliseconds = 120_000;
const deadline = performance.now() + waitMilliseconds;

try {
  const settings = readSettings(process.env, brokerSettings);
  const broker = connectBroker('streams', settings, createLogger('streams', 'silent'));
  const timer = setTimeout(() => void broker.stop(), waitMilliseconds);
  const names = await whenFormed(() => applyStreams(broker));
  const consumers = await applyOutsideConsumers(
    broker,
    readOutsideConsumers(process.env.OUTSIDE_CONSUMERS, settings.EVENT_PARTITIONS),
  );
  clearTimeout(timer);
  await broker.stop();
  process.stdout.write(`the streams ${names.join(', ')} match the settings\n`);
  if (consumers.length > 0) process.stdout.write(`outside teams read through ${consumers.join(', ')}\n`);
} catch (error) {
  process.stderr.write(
    `the streams could not be created: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}

async function whenFormed(work) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isFormingCluster(error) || performance.now() > deadline) throw error;
      if (attempt === 0) process.stdout.write(`waiting for NATS: ${error.message}\n`);
      await sleep(500);
    }
  }
}
