/** `npm run import-monolith`: has each service copy its share of the replaced application's data, on the database of the stack in this folder or, when DATABASE_HOST is set, on that one. */
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { checkout, layoutOf } from './checkout.js';
import { environmentOf } from './environment.js';
import { migrateAll } from './migrations.js';
import { reportFailure } from './report-failure.js';
import { runCommand } from './run-command.js';
import { StackError } from './stack-error.js';
import { stopRequests } from './stop-requests.js';
import { importCommand, services, type ServiceName } from './topology.js';
import { withDatabase } from './with-database.js';

const usage = 'Usage: npm run import-monolith -- --from postgres://user:password@host:5432/name';
/** What the command of a service answers when its share had been imported before. */
const wasImported = 3;
const { signal } = stopRequests();

async function main(args: string[]): Promise<number> {
  const from = parse(args);
  if (process.env.DATABASE_HOST) return importAll((name) => ({ ...givenEnvironment(name), ...from }));
  const layout = layoutOf(checkout);
  return withDatabase(layout, fileURLToPath(import.meta.url), async (addresses) => {
    await migrateAll(checkout, addresses, signal);
    return importAll((name) => ({ ...environmentOf(name, addresses), ...from }));
  });
}

/** In the environment, for what is on a command line anybody may read. */
function parse(args: string[]): { MONOLITH_URL?: string } {
  const [option, url, ...rest] = args;
  if (option === undefined && (process.env.MONOLITH_URL || process.env.MONOLITH_URL_FILE)) return {};
  if (option !== '--from' || !url || rest.length > 0) throw new StackError(usage);
  return { MONOLITH_URL: url };
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
async function importAll(environment: (name: ServiceName) => NodeJS.ProcessEnv): Promise<number> {
  const run = (name: ServiceName, verb: string) =>
    runCommand([importCommand(checkout, name), verb], environment(name), signal);
  const sharing = services.filter((name) => existsSync(importCommand(checkout, name)));
  const codes = await Promise.all(sharing.map((name) => run(name, 'check')));
  if (signal.aborted) return 130;
  if (codes.some((code) => code !== 0 && code !== wasImported)) throw new StackError('Nothing was copied.');
  const open = sharing.filter((_name, index) => codes[index] === 0);
  if (open.length === 0) throw new StackError('The old application was imported before; nothing was copied.');
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
