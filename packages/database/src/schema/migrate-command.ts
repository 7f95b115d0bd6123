import { parseArgs } from 'node:util';
import { describe, waitForSchema } from './wait-for-schema.js';
import { migrate, verbs, type Migration, type MigrationRun, type MigrationVerb } from './migrate.js';

/**
 * `operate.js migrate up|status|down [--wait <seconds>] [--steps N] [--dry-run|--yes]`. `--wait` says how long to wait for a
 * database that starts or is being provisioned. `down` says what would be lost, and takes the
 * newest migration (or the newest N) back with `--yes`. Ends the process, with code 1 and one clear line when it fails.
 */
export async function runMigrateCommand(
  schema: string,
  readSettings: (environment: NodeJS.ProcessEnv) => MigrationRun['settings'],
  migrations: Migration[],
): Promise<never> {
  const [verb = 'up', ...options] = process.argv.slice(2);
  const print = (line: string) => process.stdout.write(`${line}\n`);
  try {
    if (!Object.hasOwn(verbs, verb)) throw new Error(`unknown command "${verb}"; use up, down or status`);
    const { yes: isAgreed, 'dry-run': isDryRun, steps, wait } = readOptions(options);
    const settings = readSettings(process.env);
    if (wait > 0) await waitForSchema({ schema, settings, print }, wait * 1_000);
    await migrate(verb as MigrationVerb, { schema, migrations, settings, print, isAgreed, steps });
    if (verb !== 'down' || isAgreed || isDryRun) process.exit(0);
    throw new Error('nothing was done: say --yes to have it done');
  } catch (error) {
    process.stderr.write(`${schema}: migration failed: ${describe(error)}\n`);
    process.exit(1);
  }
}

function readOptions(args: string[]) {
  const { values } = parseArgs({
    args,
    options: {
      yes: { type: 'boolean', default: false },
      'dry-run': { type: 'boolean', default: false },
      steps: { type: 'string', default: '1' },
      wait: { type: 'string', default: '0' },
    },
  });
  const steps = Number(values.steps);
  if (!Number.isInteger(steps) || steps < 1) throw new Error('--steps must be a whole number above 0');
  const wait = Number(values.wait);
  if (!Number.isInteger(wait) || wait < 0) throw new Error('--wait must be a whole number of seconds');
  return { ...values, steps, wait };
}
