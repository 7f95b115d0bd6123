import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { confirm } from '@agora/progress/confirm';
import { checkout, layoutOf } from '../stack/checkout.js';
import { migrationEnvironmentOf } from '../stack/environment.js';
import { readOptions } from './read-options.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { UsageError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { isServiceName, operateScript, services, type ServiceName } from '../stack/topology.js';
import { withDatabase } from './with-database.js';

const usage = `Usage: npm run migrate -- up|status [--service ${services.join('|')}]
       npm run migrate -- down --service ${services.join('|')} [--steps N] [--dry-run] [--yes]
  down reverts the newest migration (or the newest N) of one service, after showing what would be lost and asking`;
const requests = stopRequests();

interface Asked {
  verb: string;
  names: readonly ServiceName[];
  steps: string;
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
  const { values, positionals } = readWords(args);
  const { service: chosen, steps, yes, 'dry-run': isDry } = values;
  const [verb = '', ...rest] = positionals;
  if (!['up', 'down', 'status'].includes(verb) || rest.length > 0) throw new UsageError(usage);
  if (verb !== 'down' && (yes || isDry || steps !== '1')) throw new UsageError(usage);
  if (chosen !== undefined && !isServiceName(chosen)) throw new UsageError(usage);
  if (verb === 'down' && !chosen)
    throw new UsageError(`down takes back a migration of one service: say which.\n${usage}`);
  return { verb, names: chosen ? [chosen] : services, steps, isDry, yes };
}

const readWords = (args: string[]) =>
  readOptions(usage, () =>
    parseArgs({
      args,
      allowPositionals: true,
      options: {
        service: { type: 'string' },
        steps: { type: 'string', default: '1' },
        'dry-run': { type: 'boolean', default: false },
        yes: { type: 'boolean', default: false },
      },
    }),
  );

async function run(
  { verb, names, steps, isDry, yes }: Asked,
  environment: (name: ServiceName) => NodeJS.ProcessEnv,
): Promise<number> {
  if (verb !== 'down') return runAll([verb], names, environment);
  const down = ['down', '--steps', steps];
  const code = await runAll([...down, '--dry-run'], names, environment);
  if (code !== 0 || isDry) return code;
  await confirm(`What was just named is taken back from ${names.join()}.`, yes);
  return runAll([...down, '--yes'], names, environment);
}

async function runAll(
  words: readonly string[],
  names: readonly ServiceName[],
  environment: (name: ServiceName) => NodeJS.ProcessEnv,
) {
  let worst = 0;
  for (const name of names) {
    if (!requests.signal.aborted) {
      const args = [operateScript(checkout, name), 'migrate', ...words];
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
