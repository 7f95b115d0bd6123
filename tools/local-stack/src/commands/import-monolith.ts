/** `npm run import-monolith`: has each service copy its share of the replaced application's data, on the database of the stack in this folder or, when DATABASE_HOST is set, on that one. */
import { existsSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { confirm } from '@agora/progress';
import { checkout, layoutOf } from '../stack/checkout.js';
import { environmentOf } from '../stack/environment.js';
import { migrateAll } from '../stack/migrations.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { StackError, UsageError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { operateScript, services, type ServiceName } from '../stack/topology.js';
import { withDatabase } from './with-database.js';

const usage = `Usage: npm run import-monolith -- --from postgres://user:password@host:5432/name [--skip-odd <file>] [--dry-run] [--yes]
  Lists all irregular rows and what will be done with them, and asks.
  --skip-odd   leave out irregular users and posts with all that belongs to them, and write their ids to a new file
  --dry-run    change nothing`;
/** What the command of a service answers when its share had been imported before. */
const wasImported = 3;
const { signal } = stopRequests();

interface Asked {
  from: { MONOLITH_URL?: string };
  oddFile: string | undefined;
  isDry: boolean;
  yes: boolean;
}

async function main(args: string[]): Promise<number> {
  const asked = parse(args);
  if (process.env.DATABASE_HOST)
    return importAll((name) => ({ ...givenEnvironment(name), ...asked.from }), asked);
  const layout = layoutOf(checkout);
  return withDatabase(layout, fileURLToPath(import.meta.url), async (addresses) => {
    await migrateAll(checkout, addresses, signal);
    return importAll((name) => ({ ...environmentOf(name, addresses), ...asked.from }), asked);
  });
}

/** In the environment, for what is on a command line anybody may read. */
function parse(args: string[]): Asked {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  const options = { from: text, 'skip-odd': text, 'dry-run': flag, yes: flag };
  try {
    const {
      from,
      'skip-odd': odd,
      'dry-run': isDry = false,
      yes = false,
    } = parseArgs({ args, options }).values;
    if (!from && !process.env.MONOLITH_URL && !process.env.MONOLITH_URL_FILE) throw new UsageError(usage);
    if (odd && existsSync(odd))
      throw new StackError(`${odd} is there already; name a new file for the odd rows.`);
    return { from: from ? { MONOLITH_URL: from } : {}, oddFile: odd && resolve(odd), isDry, yes };
  } catch (error) {
    throw error instanceof StackError ? error : new UsageError(usage);
  }
}

/** The role of each service, by the passwords that `.env.example` names for provisioning. */
function givenEnvironment(name: ServiceName): NodeJS.ProcessEnv {
  const variable = `${name.toUpperCase()}_APP_PASSWORD`;
  const file = process.env[`${variable}_FILE`];
  const password = process.env[variable];
  if (!file && !password) throw new StackError(`${variable} (or ${variable}_FILE) is not set.`);
  return {
    ...process.env,
    DATABASE_USER: `${name}_app`,
    ...(file ? { DATABASE_PASSWORD_FILE: file } : { DATABASE_PASSWORD: password }),
  };
}

/** Looks at everything before anything is written. */
async function importAll(
  environment: (name: ServiceName) => NodeJS.ProcessEnv,
  { oddFile, isDry, yes }: Asked,
): Promise<number> {
  const skipping = oddFile ? ['--skip-odd', oddFile] : [];
  const run = (name: ServiceName, verb: string) =>
    runCommand([operateScript(checkout, name), 'import', verb, ...skipping], environment(name), signal);
  const sharing = services.filter((name) => existsSync(join(checkout, 'services', name, 'dist', 'import')));
  const codes: number[] = [];
  // What one leaves out the next has to know of; without that they look side by side.
  if (oddFile) for (const name of sharing) codes.push(await run(name, 'check'));
  else codes.push(...(await Promise.all(sharing.map((name) => run(name, 'check')))));
  if (signal.aborted) return 130;
  if (codes.some((code) => code !== 0 && code !== wasImported)) throw new StackError('Nothing was copied.');
  const open = sharing.filter((_name, index) => codes[index] === 0);
  if (open.length === 0) throw new StackError('The old application was imported before; nothing was copied.');
  if (isDry) {
    process.stdout.write('Nothing was copied (--dry-run).\n');
    return 0;
  }
  await confirm(`The old application is copied into ${open.join(', ')}.`, yes);
  for (const name of open) {
    const code = await run(name, 'copy');
    if (signal.aborted || code !== 0) return signal.aborted ? 130 : code;
  }
  process.stdout.write('Everything is copied, and the counts agree.\n');
  return 0;
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) =>
    reportFailure(error, (line) => process.stderr.write(`${line}\n`)),
  ),
);
