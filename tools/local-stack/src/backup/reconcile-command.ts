/** `npm run reconcile [-- --dry-run] [--yes]`: brings posts and votes to their owners, above all after one schema alone was restored. */
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { checkout, layoutOf } from '../stack/checkout.js';
import { reportFailure } from '../commands/report-failure.js';
import { UsageError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { withDatabase } from '../commands/with-database.js';
import { requireOwnStack } from './administrator.js';
import { reconcile } from './reconcile.js';

const usage = `Usage: npm run reconcile -- [--dry-run] [--yes]
  Compares the data of posts and votes with its owners, shows what would be recomputed and which rows are orphaned, and asks. Orphaned rows
  are set aside for 30 days (npm run quarantine). For a running stack, after one of its schemas was restored.`;
const print = (line: string) => void process.stdout.write(`${line}\n`);
const { signal } = stopRequests();

async function main(args: string[]): Promise<number> {
  const { help, yes = false, 'dry-run': isDry = false } = parse(args);
  if (help) {
    print(usage);
    return 0;
  }
  requireOwnStack('reconcile');
  return withDatabase(
    layoutOf(checkout),
    fileURLToPath(import.meta.url),
    (addresses) => reconcile(addresses, { isDry, yes, signal, print }),
    { onlyRunning: true },
  );
}

function parse(args: string[]) {
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({ args, options: { 'dry-run': flag, yes: flag, help: flag } }).values;
  } catch {
    throw new UsageError(usage);
  }
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
