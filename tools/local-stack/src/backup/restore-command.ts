/** `npm run restore -- --from <folder> [--service <service>] [--dry-run] [--yes]`: brings back what a backup holds, to the stack in this folder. */
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { confirm } from '@agora/progress/confirm';
import { checkout, layoutOf, type Layout } from '../stack/checkout.js';
import { migrateAll } from '../stack/migrations.js';
import { reportFailure } from '../commands/report-failure.js';
import { keptSecrets } from '../stack/secrets.js';
import { UsageError } from '../machine/stack-error.js';
import { stopRequests } from '../processes/stop-requests.js';
import { table } from '../commands/table.js';
import { isServiceName, services, type ServiceName } from '../stack/topology.js';
import { withDatabase } from '../commands/with-database.js';
import { administratorOf, requireOwnStack } from './administrator.js';
import { checkBackup } from './check-backup.js';
import type { Manifest } from './manifest.js';
import { planRestore, restoreBackup, type RestoreOptions, type TableChange } from './restore-backup.js';
import { takeBackup } from './take-backup.js';

const usage = `Usage: npm run restore -- --from <folder> [--service ${services.join('|')}] [--dry-run] [--yes]
  Replaces the data of the stack in this folder by a backup; the stack must be stopped. The current data is saved to
  .data/backups first.
  --service   restore this schema only; afterwards bring the others in line with "npm run reconcile"
  --dry-run   check the backup, show what would happen, and change nothing
  --yes       do not ask`;
const print = (line: string) => void process.stdout.write(`${line}\n`);

interface Asked {
  from: string;
  schemas: readonly ServiceName[];
  isDry: boolean;
  yes: boolean;
}

async function main(args: string[]): Promise<number> {
  const asked = readArguments(args);
  if (!asked) {
    print(usage);
    return 0;
  }
  requireOwnStack('restore');
  const { signal } = stopRequests();
  const layout = layoutOf(checkout);
  // Before anything is started, let alone touched.
  const manifest = await checkBackup(asked.from, checkout);
  return withDatabase(
    layout,
    fileURLToPath(import.meta.url),
    async (addresses) => {
      const connection = administratorOf(layout, addresses);
      const options = { connection, directory: asked.from, manifest, schemas: asked.schemas };
      const changes = await planRestore(options);
      describe(asked, manifest, changes);
      if (asked.isDry) return 0;
      await confirm('All of that is replaced.', asked.yes);
      await migrateAll(checkout, addresses, signal);
      if (changes.some(({ now }) => now > 0)) await savePresent(options, layout);
      await restoreBackup(options);
      if (asked.schemas.includes('auth')) bringSecrets(asked.from, manifest, layout);
      if (asked.schemas.length === services.length) setStreamsAside(layout);
      print(whatIsNext(asked));
      return 0;
    },
    { onlyStopped: true },
  );
}

function describe({ from, schemas, isDry }: Asked, manifest: Manifest, changes: TableChange[]): void {
  const rows = changes
    .filter(({ now, then }) => now > 0 || then > 0)
    .map(({ table: name, now, then }) => [name, String(now), String(then)]);
  print(`${from} is whole; it holds ${schemas.join(', ')} as of ${manifest.taken_at}.`);
  for (const line of table(['table', 'rows now', 'rows then'], rows)) print(`  ${line}`);
  print(
    'All access tokens end, and their users log in again or refresh. Sessions and accounts made since are gone.',
  );
  if (schemas.length === services.length)
    print('The streams of NATS are set aside; the outboxes fill new ones.');
  if (isDry) print('Nothing was done (--dry-run).');
}

/** Lets an operator undo the restore of a wrong backup. */
async function savePresent({ connection }: RestoreOptions, layout: Layout): Promise<void> {
  const folder = join(layout.data, 'backups');
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const directory = join(folder, `before-restore-${new Date().toISOString().replaceAll(/[:.]/g, '-')}`);
  await takeBackup({ connection, secrets: keptSecrets(layout), directory });
  print(`What was there is saved in ${directory}.`);
}

/** What the database holds encrypted is opened by the secrets of its time; the passwords of servers stay those of this folder. */
function bringSecrets(from: string, manifest: Manifest, layout: Layout): void {
  const saved = JSON.parse(readFileSync(join(from, manifest.secrets.file), 'utf8')) as object;
  const secrets = { ...keptSecrets(layout), ...saved };
  writeFileSync(`${layout.secrets}.draft`, JSON.stringify(secrets, null, 2), { mode: 0o600 });
  renameSync(`${layout.secrets}.draft`, layout.secrets);
}

/** Their events are about data that is gone. Relays find the new streams empty and publish what their outboxes retain, which inboxes of the same moment apply once. */
function setStreamsAside({ nats }: Layout): void {
  if (process.env.NATS_URL)
    print(
      `Delete the streams AUTH, POSTS and VOTES, and their partitions (VOTES_1, …), of ${process.env.NATS_URL} before you start: their events are about data that is gone.`,
    );
  if (!existsSync(nats)) return;
  rmSync(`${nats}.before-restore`, { recursive: true, force: true });
  renameSync(nats, `${nats}.before-restore`);
}

const whatIsNext = ({ schemas }: Asked) =>
  schemas.length === services.length
    ? 'Restored. Next: "npm start", then "npm run audit", which should find nothing.'
    : `${schemas.join()} is restored, and the others know more than it does. Next: "npm start", then "npm run reconcile".`;

function readArguments(args: string[]): Asked | undefined {
  const { from, service, help, yes = false, 'dry-run': isDry = false } = parse(args);
  if (help) return undefined;
  if (!from || (service !== undefined && !isServiceName(service))) throw new UsageError(usage);
  return { from: resolve(from), schemas: service ? [service] : services, isDry, yes };
}

function parse(args: string[]) {
  const text = { type: 'string' } as const;
  const flag = { type: 'boolean' } as const;
  try {
    return parseArgs({
      args,
      options: { from: text, service: text, yes: flag, 'dry-run': flag, help: flag },
    }).values;
  } catch {
    throw new UsageError(usage);
  }
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
