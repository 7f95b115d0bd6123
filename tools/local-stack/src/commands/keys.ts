/** `npm run keys`: runs the command of auth that rotates keys, on the database of the stack in this folder or, when DATABASE_HOST is set, with the environment as it is. */
import { fileURLToPath } from 'node:url';
import { checkout, layoutOf } from '../stack/checkout.js';
import { environmentOf } from '../stack/environment.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { stopRequests } from '../processes/stop-requests.js';
import { operateScript } from '../stack/topology.js';
import { withDatabase } from './with-database.js';

const { signal } = stopRequests();

async function main(args: string[]): Promise<number> {
  const run = async (environment: NodeJS.ProcessEnv) => {
    const code = signal.aborted
      ? 130
      : await runCommand([operateScript(checkout, 'auth'), 'keys', ...args], environment, signal);
    return signal.aborted ? 130 : code;
  };
  // Nothing that is asked wrongly is worth starting a database for: the command itself says how.
  if (process.env.DATABASE_HOST || !['rotate', 'list', 'retire'].includes(args[0] ?? ''))
    return run(process.env);
  return withDatabase(layoutOf(checkout), fileURLToPath(import.meta.url), (addresses) =>
    run(environmentOf('auth', addresses)),
  );
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) =>
    reportFailure(error, (line) => process.stderr.write(`${line}\n`)),
  ),
);
