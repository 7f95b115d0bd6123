/**
 * `node make-streams.mjs`: makes the stream of every service, or brings those that are there to the settings, as the one user of
 * NATS who may; then the consumers of teams outside, which OUTSIDE_CONSUMERS names (docs/events.md). Can be run again;
 * waits for a server that starts, and for a cluster that finds itself.
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
  process.stdout.write(`the streams ${names.join(', ')} are as the settings say\n`);
  if (consumers.length > 0) process.stdout.write(`teams outside read by ${consumers.join(', ')}\n`);
} catch (error) {
  process.stderr.write(
    `the streams could not be made: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
}

async function whenFormed(work) {
  for (let attempt = 0; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (!isFormingCluster(error) || performance.now() > deadline) throw error;
      if (attempt === 0) process.stdout.write(`waiting, for NATS says: ${error.message}\n`);
      await sleep(500);
    }
  }
}
