/** `npm run reconcile [-- --dry-run] [--yes]`: brings posts and votes to their owners, above all after one schema alone was restored. */
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { confirm } from '@agora/progress';
import { checkout, layoutOf } from '../checkout.js';
import { operationsEnvironmentOf, type StackAddresses } from '../environment.js';
import { reportFailure } from '../report-failure.js';
import { runCommand } from '../run-command.js';
import { StackError } from '../stack-error.js';
import { stopRequests } from '../stop-requests.js';
import { table } from '../table.js';
import { operationCommand, type ServiceName } from '../topology.js';
import { withDatabase } from '../with-database.js';
import { requireOwnStack } from './administrator.js';

const usage = `Usage: npm run reconcile -- [--dry-run] [--yes]
  Compares what posts and votes keep with what their owners say, shows what would be computed again and what belongs to nothing, and
  asks. The latter is set aside for 30 days (npm run quarantine). For a stack that runs, after one of its schemas was restored.`;
const print = (line: string) => void process.stdout.write(`${line}\n`);
const { signal } = stopRequests();

interface Report {
  service: string;
  left: number;
  kinds: { kind: string; drift: number; erasable: number; total?: number }[];
}

const reconciled = ['posts', 'votes'] as const;

async function main(args: string[]): Promise<number> {
  const { help, yes = false, 'dry-run': isDry = false } = parse(args);
  if (help) {
    print(usage);
    return 0;
  }
  requireOwnStack('reconcile');
  return withDatabase(
    layoutOf(checkout),
    fileURLToPath(import.meta.url),
    (addresses) => reconcile(addresses, isDry, yes),
    { onlyRunning: true },
  );
}

function parse(args: string[]) {
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({ args, options: { 'dry-run': flag, yes: flag, help: flag } }).values;
  } catch {
    throw new StackError(usage);
  }
}

async function reconcile(addresses: StackAddresses, isDry: boolean, yes: boolean): Promise<number> {
  const reports: Report[] = [];
  for (const service of reconciled) reports.push(await look(service, addresses));
  const rows = reports.flatMap(({ service, kinds }) =>
    kinds
      .filter(({ drift }) => drift > 0)
      .map(({ kind, drift, erasable, total = 0 }) => [
        `${service}: ${kind}`,
        String(drift - erasable),
        erasable > 0 ? `${erasable} of ${total}` : '0',
      ]),
  );
  if (rows.length === 0) {
    print('Nothing is to be reconciled.');
    return 0;
  }
  for (const line of table(['kind', 'computed again', 'set aside'], rows)) print(line);
  if (isDry) {
    print('Nothing was done (--dry-run).');
    return 1;
  }
  await confirm('These rows are computed again, or set aside.', yes);
  for (const { service, kinds } of reports) {
    const most = Math.max(...kinds.map(({ erasable }) => erasable));
    await audit(service as ServiceName, addresses, '--repair', '--erase', '--yes', '--at-most', String(most));
  }
  // What was set aside in one changes what the other has to keep and to count.
  let worst = 0;
  for (const service of [...reconciled].toReversed())
    worst = Math.max(worst, await audit(service, addresses, '--repair'));
  return worst;
}

const audit = (service: ServiceName, addresses: StackAddresses, ...args: string[]) =>
  runCommand(
    [operationCommand(checkout, service, 'audit'), ...args],
    operationsEnvironmentOf(service, addresses),
    signal,
  );

/** What an audit of a service finds. Throws a StackError when it cannot look. */
async function look(service: ServiceName, addresses: StackAddresses): Promise<Report> {
  const child = spawn(process.execPath, [operationCommand(checkout, service, 'audit'), '--json'], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: operationsEnvironmentOf(service, addresses),
    cwd: checkout,
  });
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  let output = '';
  child.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
  await new Promise((resolve) => child.once('close', resolve));
  if (!output.startsWith('{'))
    throw new StackError(`The audit of ${service} could not be run; nothing was done.`);
  return JSON.parse(output) as Report;
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
