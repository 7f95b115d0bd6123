/** `npm run backup -- --to <folder>`: saves all that the services of the stack in this folder keep, as of one moment. */
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkout, layoutOf } from '../stack/checkout.js';
import { reportFailure } from '../commands/report-failure.js';
import { keptSecrets } from '../stack/secrets.js';
import { UsageError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { withDatabase } from '../commands/with-database.js';
import { administratorOf, requireOwnStack } from './administrator.js';
import { takeBackup } from './take-backup.js';

const usage = `Usage: npm run backup -- --to <folder>
  Saves the data of auth, posts and votes as of one moment into a new folder; they may be running. The backup contains secrets and
  personal data: store it where nobody else can read it.`;
const print = (line: string) => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<number> {
  const directory = readArguments(args);
  if (directory === undefined) {
    print(usage);
    return 0;
  }
  requireOwnStack('backup');
  const { signal } = stopRequests();
  const layout = layoutOf(checkout);
  return withDatabase(layout, fileURLToPath(import.meta.url), async (addresses) => {
    const started = performance.now();
    const { taken_at: moment, schemas } = await takeBackup({
      connection: administratorOf(layout, addresses),
      secrets: keptSecrets(layout),
      directory,
      wrote: (table, rows) => {
        signal.throwIfAborted();
        if (rows > 0) print(`  ${table.padEnd(32)} ${rows} rows`);
      },
    });
    const tables = Object.values(schemas).flatMap((schema) => Object.values(schema.tables));
    const rows = tables.reduce((sum, table) => sum + table.rows, 0);
    const seconds = ((performance.now() - started) / 1_000).toFixed(1);
    print(`${directory}: ${rows} rows as of ${moment}, in ${seconds} s`);
    return 0;
  });
}

function readArguments(args: string[]): string | undefined {
  const { to, help } = parse(args);
  if (help) return undefined;
  if (!to) throw new UsageError(usage);
  return resolve(to);
}

function parse(args: string[]) {
  try {
    return parseArgs({ args, options: { to: { type: 'string' }, help: { type: 'boolean' } } }).values;
  } catch {
    throw new UsageError(usage);
  }
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
