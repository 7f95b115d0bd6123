/** `npm run accounts|audit|dead-letters|mails|outbox|projections`: runs a command of services, on the database of the stack in this folder or, when DATABASE_HOST is set, with the environment as it is, which is that of one service. */
import { fileURLToPath } from 'node:url';
import { checkout, layoutOf } from '../stack/checkout.js';
import { operationsEnvironmentOf } from '../stack/environment.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { UsageError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { isServiceName, operateScript, services, type ServiceName } from '../stack/topology.js';
import { withDatabase } from './with-database.js';

const reacting: readonly ServiceName[] = ['posts', 'votes'];
/** The services that have a command, and whether others must run to answer it. */
const operations = {
  audit: { of: reacting, asks: true },
  'dead-letters': { of: reacting, asks: false },
  accounts: { of: ['auth'] as readonly ServiceName[], asks: false },
  mails: { of: ['auth'] as readonly ServiceName[], asks: false },
  outbox: { of: services, asks: false },
  projections: { of: reacting, asks: true },
  quarantine: { of: reacting, asks: false },
};
type Operation = keyof typeof operations;

const { signal } = stopRequests();

async function main([name, ...args]: string[]): Promise<number> {
  const operation = name as Operation;
  const { of, asks } = operations[operation];
  const { chosen, rest } = readService(args, of);
  const run = (names: readonly ServiceName[], environment: (service: ServiceName) => NodeJS.ProcessEnv) =>
    runAll(operation, names, rest, environment);
  const [first] = of;
  if (rest.includes('--help') && first) {
    const code = await run([first], () => process.env);
    process.stdout.write(`  --service ${of.join('|')}   that one alone\n`);
    return code;
  }
  if (process.env.DATABASE_HOST && !chosen)
    throw new UsageError(
      'DATABASE_HOST is set, so the environment is that of one service: name it with --service.',
    );
  if (process.env.DATABASE_HOST) return run(chosen ? [chosen] : [], () => process.env);
  const isAboutOne = operation === 'dead-letters' && rest.filter((word) => !word.startsWith('--')).length > 1;
  if (isAboutOne && !chosen) throw new UsageError(`--service ${of.join('|')} is required with an id.`);
  return withDatabase(
    layoutOf(checkout),
    fileURLToPath(import.meta.url),
    (addresses) => run(chosen ? [chosen] : of, (service) => operationsEnvironmentOf(service, addresses)),
    { onlyRunning: asks },
  );
}

function readService(
  args: string[],
  of: readonly ServiceName[],
): { chosen: ServiceName | undefined; rest: string[] } {
  const at = args.indexOf('--service');
  if (at < 0) return { chosen: undefined, rest: args };
  const chosen = args[at + 1] ?? '';
  if (!isServiceName(chosen) || !of.includes(chosen))
    throw new UsageError(`--service must be ${of.join(' or ')}, not "${chosen}".`);
  return { chosen, rest: args.toSpliced(at, 2) };
}

async function runAll(
  operation: Operation,
  names: readonly ServiceName[],
  args: string[],
  environment: (service: ServiceName) => NodeJS.ProcessEnv,
): Promise<number> {
  let worst = 0;
  for (const name of names) {
    const code = await runCommand(
      [operateScript(checkout, name), operation, ...args],
      environment(name),
      signal,
    );
    if (signal.aborted) return 130;
    // What one does not understand the others don't either.
    if (code === 2) return 2;
    worst = Math.max(worst, code);
  }
  return worst;
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) =>
    reportFailure(error, (line) => process.stderr.write(`${line}\n`)),
  ),
);
