import { randomUUID } from 'node:crypto';
import type { InternalAddress } from '@agora/http';
import { correlation } from '@agora/process/requests';
import type { SchemaName } from '@agora/database';
import { openOutbox, type Subscription } from '@agora/messaging';
import { confirm } from '@agora/progress/confirm';
import type { ModelCtor } from 'sequelize-typescript';
import { audit, type AuditOptions, type KindResult } from './audit.js';
import { saveAuditResults } from './audit-results.js';
import type { Check } from './check.js';
import { UsageError, runCommand, type Answer, type Given } from '../command.js';
import { openDatabase } from '../config.js';
import { printTable } from '../print-table.js';

const usage = `Usage: npm run audit -- [--repair] [--erase [--at-most <rows>] [--yes]] [--wait <seconds>] [--json]
  Compares each service's copies of other services' data, and all counts, with their owners, while they serve.
  --repair   recompute what can be recomputed: events that were not applied, counts, projections
  --erase    set orphaned rows aside, such as posts of accounts that auth does not know. Shows how many of which kind and owner first, and
             asks. They stay in quarantine for 30 days: npm run quarantine
  --at-most  how many rows of a kind may be set aside (1 % of the kind, and 100 rows)
  --yes      do not ask
  --dry-run  show what would happen, and change nothing
  --wait     how many seconds events may take to arrive before their absence counts as drift (10), at most 300
  Exits with 1 when drift is left.`;

const usuallyAtMost = 100;

/** The internal ports of the services whose events a service reacts to, and what is compared. */
export interface Audited {
  publishers: readonly InternalAddress[];
  checks: readonly Check[];
}

interface AuditedService {
  service: SchemaName;
  models: ModelCtor[];
  subscriptions: readonly Subscription[];
  /** Reads the settings. */
  audited(): Audited;
}

const flag = { type: 'boolean' } as const;
const text = { type: 'string' } as const;

/** `operate.js audit`. */
export const runAuditCommand = (of: AuditedService): Promise<never> =>
  runCommand({
    name: `${of.service}: audit`,
    usage,
    options: {
      repair: flag,
      erase: flag,
      yes: flag,
      'dry-run': flag,
      'at-most': text,
      wait: text,
      // Its name of old.
      settle: text,
    },
    run: async ([word], given) => {
      if (word !== undefined) throw new UsageError(`"${word}" is no option`);
      const asked = { waitSeconds: readWait(given), atMost: readAtMost(given) };
      const { service, subscriptions } = of;
      const database = openDatabase(service, of.models);
      openOutbox(database, service, correlation);
      const isDry = given['dry-run'] === true;
      const options: AuditOptions = {
        subscriptions,
        database,
        correlation,
        ...of.audited(),
        repair: given.repair === true && !isDry,
        waitSeconds: asked.waitSeconds,
      };
      const found = await audit(options);
      const mayErase = given.erase === true && !isDry && erasableIn(found) > 0;
      const erased = mayErase
        ? await erase(of.service, options, found, asked.atMost, given.yes === true)
        : undefined;
      const results = erased?.results ?? found;
      const lefts = results.map((result) => ({ kind: result.kind, left: leftOf(result) }));
      await saveAuditResults(lefts);
      return answer(service, results, erased?.run);
    },
  });

/** Sets aside what belongs to nothing, once somebody has seen it and agreed. */
async function erase(
  service: SchemaName,
  options: AuditOptions,
  found: KindResult[],
  atMost: number | undefined,
  yes: boolean,
): Promise<{ results: KindResult[]; run: string }> {
  const erasable = found.filter((kind) => kind.erasable > 0);
  process.stderr.write(`${plan(service, erasable)}\n`);
  for (const kind of erasable) refuseMany(kind, atMost);
  await confirm(`${service}: ${erasableIn(found)} rows are set aside.`, yes);
  const run = randomUUID();
  const mostErased = new Map(erasable.map((kind) => [kind.kind, kind.erasable]));
  const results = await audit({ ...options, erase: { run, reason: 'audit' }, mostErased });
  return { results, run };
}

const plan = (service: SchemaName, kinds: KindResult[]): string =>
  [
    `${service}: these rows belong to nothing and would be set aside:`,
    printTable([
      ['kind', 'rows', 'of'],
      ...kinds.map((kind) => [kind.kind, String(kind.erasable), String(kind.total ?? '')]),
    ]),
    ...kinds.flatMap((kind) => kind.samples.map(({ id, rows }) => `  ${kind.kind} ${id}: ${rows} rows`)),
  ].join('\n');

function refuseMany({ kind, erasable, total = 0 }: KindResult, atMost: number | undefined): void {
  const most = atMost ?? Math.min(usuallyAtMost, Math.floor(total / 100));
  if (erasable <= most) return;
  throw new Error(
    `${kind}: ${erasable} of ${total} rows would be set aside, and at most ${most} may be; nothing was set aside. Was a backup restored, or an owner's database emptied? ` +
      `If they must go, say --at-most ${erasable}`,
  );
}

const erasableIn = (kinds: KindResult[]) => kinds.reduce((sum, { erasable }) => sum + erasable, 0);

function readWait({ settle = '10', wait = settle }: Given): number {
  const seconds = Number(wait);
  if (typeof wait !== 'string' || !/^\d+(\.\d+)?$/.test(wait) || seconds > 300)
    throw new UsageError(`--wait must be seconds from 0 to 300, not "${wait}"`);
  return seconds;
}

function readAtMost({ 'at-most': most }: Given): number | undefined {
  if (most === undefined) return undefined;
  if (typeof most !== 'string' || !/^\d{1,12}$/.test(most))
    throw new UsageError(`--at-most must be a number of rows, not "${most}"`);
  return Number(most);
}

const leftOf = ({ drift, repaired }: KindResult) => drift - repaired;

function answer(service: SchemaName, results: KindResult[], run: string | undefined): Answer {
  const kinds = results.map((result) => ({ ...result, left: leftOf(result) }));
  const left = kinds.reduce((sum, kind) => sum + kind.left, 0);
  const heading = ['kind', 'compared', 'rows wrong', 'set right', 'left', 'only --erase'];
  const rows = kinds.map((kind) => [
    kind.kind,
    ...[kind.compared, kind.drift, kind.repaired, kind.left, kind.erasable].map(String),
  ]);
  const samples = kinds.flatMap((kind) =>
    kind.samples.map(({ id, problem, rows: of }) => `  ${kind.kind} ${id}: ${problem} (${of} rows)`),
  );
  const undo = run ? [`  set aside as ${run}; npm run quarantine -- restore ${run} brings it back`] : [];
  return {
    json: { service, left, kinds, ...(run && { quarantined: run }) },
    text: [
      `${service}: ${left === 0 ? 'no drift is left' : `drift is left: ${left} rows`}`,
      printTable([heading, ...rows]),
      ...samples,
      ...undo,
    ].join('\n'),
    code: left === 0 ? 0 : 1,
  };
}
