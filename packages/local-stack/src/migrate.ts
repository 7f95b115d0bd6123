import { fileURLToPath } from 'node:url';
import { checkout, layoutOf } from './checkout.js';
import { migrationEnvironmentOf } from './environment.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { StackError } from './stack-error.js';
import { stopRequests } from './stop-requests.js';
import { isServiceName, migrationCommand, services, type ServiceName } from './topology.js';
import { withDatabase } from './with-database.js';

const usage = `Usage: npm run migrate -- up|down|status [--service ${services.join('|')}]`;
const requests = stopRequests();

async function main(args: string[]): Promise<number> {
  const { verb, names } = parse(args);
  if (process.env.DATABASE_HOST) return runAll(verb, names, () => process.env);
  return withDatabase(layoutOf(checkout), fileURLToPath(import.meta.url), (addresses) =>
    runAll(verb, names, (name) => migrationEnvironmentOf(name, addresses)),
  );
}

function parse(args: string[]): { verb: string; names: readonly ServiceName[] } {
  const at = args.indexOf('--service');
  const chosen = at < 0 ? undefined : args[at + 1];
  const [verb, ...rest] = at < 0 ? args : args.toSpliced(at, 2);
  if (!verb || !['up', 'down', 'status'].includes(verb) || rest.length > 0) throw new StackError(usage);
  if (at < 0) return { verb, names: services };
  if (!chosen || !isServiceName(chosen)) throw new StackError(usage);
  return { verb, names: [chosen] };
}

async function runAll(
  verb: string,
  names: readonly ServiceName[],
  environment: (name: ServiceName) => NodeJS.ProcessEnv,
) {
  let worst = 0;
  for (const name of names) {
    if (!requests.signal.aborted) {
      const args = [migrationCommand(checkout, name), verb];
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
