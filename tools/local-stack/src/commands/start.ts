import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkout, layoutOf, makeDataFolder } from '../stack/checkout.js';
import { watchCode } from '../machine/compiler.js';
import type { StackAddresses } from '../stack/environment.js';
import { createFleet, type Fleet } from '../stack/fleet.js';
import { ownArgument } from '../processes/process-identity.js';
import { createProgress } from './progress.js';
import { reportFailure } from './report-failure.js';
import { readRunRecord, writeRunRecord } from '../processes/run-record.js';
import { StackError, UsageError } from '../machine/stack-error.js';
import { startStack, stopOrder } from '../stack/stack.js';
import type { StackOptions } from '../stack/stack-options.js';
import { takeStartLock } from '../processes/start-lock.js';
import { stopRequests } from '../processes/stop-requests.js';
import { isProcessName, processes, type ProcessName } from '../stack/topology.js';

const layout = layoutOf(checkout);
const progress = createProgress();
const requests = stopRequests();

async function main(args: string[]): Promise<number> {
  const watch = args.includes('--watch');
  const names = namesFrom(args.filter((argument) => argument !== '--watch'));
  makeDataFolder(layout);
  const lock = await takeStartLock(layout, ownArgument(fileURLToPath(import.meta.url)));
  if (typeof lock === 'object')
    throw new StackError(
      `Agora already runs in this folder (process ${lock.heldBy}). Stop it first: kill ${lock.heldBy}`,
    );
  const fleet = createFleet(progress.line);
  requests.onImpatience(fleet.kill);
  try {
    await run({ layout, names, watch, progress, fleet, signal: requests.signal });
    return 0;
  } finally {
    await stop(fleet);
    lock();
  }
}

async function run(options: StackOptions): Promise<void> {
  try {
    // First, because the compiler misses what is changed before it has taken stock of the files.
    if (options.watch) options.fleet.add(await watchCode(layout.root));
    const addresses = await startStack(options);
    options.fleet.supervise();
    announce(addresses, options.names);
    await requests.stopped;
  } catch (error) {
    if (!requests.signal.aborted) throw error;
  }
}

async function stop(fleet: Fleet): Promise<void> {
  if (requests.signal.aborted) progress.line('Stopping …');
  const record = readRunRecord(layout);
  if (record?.pid === process.pid) writeRunRecord(layout.run, { ...record, stopping: true });
  await fleet.stop(stopOrder);
  rmSync(layout.run, { force: true });
  if (requests.signal.aborted) progress.line('Stopped.');
}

function namesFrom(args: string[]): readonly ProcessName[] {
  const [name, ...rest] = args;
  if (name === undefined) return processes;
  if (rest.length > 0 || !isProcessName(name))
    throw new UsageError(`Usage: npm start [-- ${processes.join('|')}]`);
  // Nobody gets a token without auth.
  return name === 'auth' ? ['auth'] : ['auth', name];
}

function announce({ ports, mailbox }: StackAddresses, names: readonly ProcessName[]): void {
  const door = names.includes('gateway') ? 'gateway' : 'auth';
  const url = (port: number) => `http://127.0.0.1:${port}`;
  const body = JSON.stringify({
    email: `ada-${randomBytes(3).toString('hex')}@example.com`,
    password: 'correct horse battery',
  });
  const lines = [
    '',
    ...names
      .toReversed()
      .map(
        (name) =>
          `  ${name.padEnd(9)} ${url(ports[name].port)}${name === 'gateway' ? '   documentation: /docs' : ''}`,
      ),
    ...(process.env.SMTP_URL ? [] : [`  mailbox   ${url(mailbox.port)}   the mail that Agora sends`]),
    '',
    'Try it:',
    `  curl -i ${url(ports[door].port)}/users -H 'Content-Type: application/json' -d '${body}'`,
    '',
    'Ctrl-C stops everything.',
  ];
  for (const line of lines) progress.line(line);
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, progress.line)),
);
