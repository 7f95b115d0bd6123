/**
 * `node show-streams.mjs status|consumers [--json]`: how full the streams are, and how far each service has read them, as the one user of NATS
 * who may ask. Changes nothing.
 */
import { createLogger, readSettings } from '@agora/process';
import { brokerSettings, connectBroker } from '@agora/messaging';
import { describeConsumers, describeStreams } from '@agora/messaging/operating';

const usage = `Usage: npm run streams -- status|consumers [--json]
  status      messages and bytes of each stream, how much it may hold, and from when to when
  consumers   how far each service has read, what is waiting for it, and what it has in hand`;
const waitMilliseconds = 10_000;
const [verb, ...options] = process.argv.slice(2);
const verbs = { status: describeStreams, consumers: describeConsumers };

async function main() {
  if (!Object.hasOwn(verbs, verb ?? '') || options.some((option) => option !== '--json')) {
    process.stderr.write(`${usage}\n`);
    return verb === '--help' ? 0 : 2;
  }
  const broker = connectBroker(
    'streams',
    readSettings(process.env, brokerSettings),
    createLogger('streams', 'silent'),
  );
  const timer = setTimeout(() => void broker.stop(), waitMilliseconds);
  try {
    const rows = await verbs[verb](broker);
    if (options.includes('--json')) process.stdout.write(`${JSON.stringify(rows)}\n`);
    else for (const row of rows) process.stdout.write(`${lineOf(row)}\n`);
    return 0;
  } finally {
    clearTimeout(timer);
    await broker.stop();
  }
}

const lineOf = (row) =>
  Object.entries(row)
    .map(([name, value]) =>
      name === 'stream' ? String(value) : `${name.replaceAll('_', ' ')} ${String(value)}`,
    )
    .join('  ');

process.exitCode = await main().catch((error) => {
  process.stderr.write(`NATS gives no answer: ${error instanceof Error ? error.message : String(error)}\n`);
  return 1;
});
