import { fileURLToPath } from 'node:url';
import { confirm } from '@agora/progress';
import { checkout, layoutOf } from '../stack/checkout.js';
import { migrationEnvironmentOf } from '../stack/environment.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { StackError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { isServiceName, migrationCommand, services, type ServiceName } from '../stack/topology.js';
import { withDatabase } from './with-database.js';

const usage = `Usage: npm run migrate -- up|status [--service ${services.join('|')}]
       npm run migrate -- down --service ${services.join('|')} [--dry-run] [--yes]
  down takes the newest migration of one service back, once it has said what is lost with it and you have agreed`;
const requests = stopRequests();

interface Asked {
  verb: string;
  names: readonly ServiceName[];
  isDry: boolean;
  yes: boolean;
}

async function main(args: string[]): Promise<number> {
  const asked = parse(args);
  if (process.env.DATABASE_HOST) return run(asked, () => process.env);
  return withDatabase(layoutOf(checkout), fileURLToPath(import.meta.url), (addresses) =>
    run(asked, (name) => migrationEnvironmentOf(name, addresses)),
  );
}

function parse(args: string[]): Asked {
  const at = args.indexOf('--service');
  const chosen = at < 0 ? undefined : args[at + 1];
  const [verb, ...rest] = at < 0 ? args : args.toSpliced(at, 2);
  if (!verb || !['up', 'down', 'status'].includes(verb)) throw new StackError(usage);
  if (rest.some((option) => verb !== 'down' || !['--dry-run', '--yes'].includes(option)))
    throw new StackError(usage);
  if (at >= 0 && (!chosen || !isServiceName(chosen))) throw new StackError(usage);
  if (verb === 'down' && !chosen)
    throw new StackError(`down takes back a migration of one service: say which.\n${usage}`);
  const names = chosen && isServiceName(chosen) ? [chosen] : services;
  return { verb, names, isDry: rest.includes('--dry-run'), yes: rest.includes('--yes') };
}

async function run(
  { verb, names, isDry, yes }: Asked,
  environment: (name: ServiceName) => NodeJS.ProcessEnv,
): Promise<number> {
  if (verb !== 'down') return runAll([verb], names, environment);
  const code = await runAll(['down', '--dry-run'], names, environment);
  if (code !== 0 || isDry) return code;
  await confirm(`The newest migration of ${names.join()} is taken back.`, yes);
  return runAll(['down', '--yes'], names, environment);
}

async function runAll(
  words: readonly string[],
  names: readonly ServiceName[],
  environment: (name: ServiceName) => NodeJS.ProcessEnv,
) {
  let worst = 0;
  for (const name of names) {
    if (!requests.signal.aborted) {
      const args = [migrationCommand(checkout, name), ...words];
      worst = Math.max(worst, await runCommand(args, environment(name), requests.signal));
    }
  }
  return requests.signal.aborted ? 130 : worst;
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) =>
    reportFailure(error, (line) => process.stderr.write(`${line}\n`)),
  ),
);
