import { spawn } from 'node:child_process';
import { confirm } from '@agora/progress/confirm';
import { checkout } from '../stack/checkout.js';
import { operationsEnvironmentOf, type StackAddresses } from '../stack/environment.js';
import { runCommand } from '../commands/run-command.js';
import { StackError } from '../machine/stack-error.js';
import { table } from '../commands/table.js';
import { operateScript, type ServiceName } from '../stack/topology.js';

interface Report {
  service: string;
  left: number;
  kinds: { kind: string; drift: number; erasable: number; total?: number }[];
}

/** Those that keep what others own. */
const reconciled = ['posts', 'votes'] as const;

export interface ReconcileOptions {
  /** Only shows what would be done. */
  isDry: boolean;
  /** Does not ask. */
  yes: boolean;
  signal: AbortSignal;
  print(line: string): void;
}

/**
 * Has the audits of posts and votes, whose owners must run, compare; shows what would be computed again and set aside, asks, and does it.
 * Answers 0 when nothing is left to do, else 1. Throws a StackError when an audit cannot look.
 */
export async function reconcile(addresses: StackAddresses, options: ReconcileOptions): Promise<number> {
  const { isDry, yes, signal, print } = options;
  const reports: Report[] = [];
  for (const service of reconciled) reports.push(await look(service, addresses, signal));
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
  const audit = (service: ServiceName, ...args: string[]) =>
    runCommand(
      [operateScript(checkout, service), 'audit', ...args],
      operationsEnvironmentOf(service, addresses),
      signal,
    );
  await confirm('These rows are computed again, or set aside.', yes);
  for (const { service, kinds } of reports) {
    const most = Math.max(...kinds.map(({ erasable }) => erasable));
    await audit(service as ServiceName, '--repair', '--erase', '--yes', '--at-most', String(most));
  }
  // What was set aside in one changes what the other has to keep and to count.
  let worst = 0;
  for (const service of [...reconciled].toReversed())
    worst = Math.max(worst, await audit(service, '--repair'));
  return worst;
}

/** What an audit of a service finds. Throws a StackError when it cannot look. */
async function look(service: ServiceName, addresses: StackAddresses, signal: AbortSignal): Promise<Report> {
  const child = spawn(process.execPath, [operateScript(checkout, service), 'audit', '--json'], {
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
