/**
 * `node make-streams.mjs`: makes the stream of every service, or brings those that are there to the settings, as the one user of
 * NATS who may; then the consumers of teams outside, which OUTSIDE_CONSUMERS names (docs/events.md). To be run as often as one likes;
 * waits for a server that starts.
 */
import { createLogger, readSettings } from '@agora/process';
import { brokerSettings, connectBroker } from '@agora/messaging';
import { applyOutsideConsumers, applyStreams, readOutsideConsumers } from '@agora/messaging/operating';

const waitMilliseconds = 60_000;

try {
  const settings = readSettings(process.env, brokerSettings);
  const broker = connectBroker('streams', settings, createLogger('streams', 'silent'));
  const timer = setTimeout(() => void broker.stop(), waitMilliseconds);
  const names = await applyStreams(broker);
  const consumers = await applyOutsideConsumers(broker, readOutsideConsumers(process.env.OUTSIDE_CONSUMERS));
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
