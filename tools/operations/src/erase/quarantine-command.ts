import { correlation } from '@agora/process/requests';
import {
  countQuarantined,
  forgetQuarantined,
  holdRowsOfRun,
  inTransaction,
  listQuarantine,
  purgeQuarantine,
  quarantineDays,
  type SchemaName,
} from '@agora/database';
import { openOutbox } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import type { ModelCtor } from 'sequelize-typescript';
import { actingOptions, UsageError, onceAgreed, runCommand, type Answer, type Given } from '../command.js';
import { openDatabase } from '../config.js';
import { printTable } from '../print-table.js';

const usage = `Usage: npm run quarantine -- list|restore <run>|purge [--older-than <days>] [--dry-run] [--yes] [--json]
  list      rows that audits have set aside, by run and owner, oldest first, at most 1,000
  restore   bring back what one run set aside, remove the tombstones that it left, and publish that
  purge     delete for good what was set aside more than ${quarantineDays} days ago, or more than --older-than
  restore and purge show how many rows, and ask.
  --dry-run show what would happen, and change nothing
  --yes     do not ask`;

type Row = Record<string, unknown>;

/** A table from which rows were set aside. */
export interface RestoredTable {
  source: string;
  /** Brings rows back and returns them; those that cannot come back yet are left out. */
  bringBack(rows: Row[], transaction: Transaction): Promise<Row[]>;
  /** The key of its rows. */
  keyOf(row: Row): string;
}

interface Service {
  service: SchemaName;
  models: ModelCtor[];
  /** Those first to which others refer. */
  tables: readonly RestoredTable[];
}

const batchSize = 200;

/** `operate.js quarantine`. */
export const runQuarantineCommand = (of: Service): Promise<never> =>
  runCommand({
    name: `${of.service}: quarantine`,
    usage,
    options: { ...actingOptions, 'older-than': { type: 'string' } },
    run: async ([verb, run, ...rest], given) => {
      if (rest.length > 0 || (verb === 'restore') !== (run !== undefined))
        throw new UsageError('say list, restore <run> or purge');
      if (run !== undefined && !/^[0-9a-f-]{36}$/i.test(run))
        throw new UsageError(`"${run}" is no run; list shows them`);
      const database = openDatabase(of.service, of.models);
      openOutbox(database, of.service, correlation);
      if (verb === 'list') return list(of);
      if (verb === 'restore') return restore(of, run ?? '', given);
      if (verb === 'purge') return purge(of, readDays(given['older-than']), given);
      throw new UsageError('say list, restore <run> or purge');
    },
  });

function readDays(given: string | boolean | undefined): number {
  const days = Number(given ?? quarantineDays);
  if (!Number.isInteger(days) || days < 0) throw new UsageError(`--older-than must be days, not "${given}"`);
  return days;
}

async function list({ service }: Service): Promise<Answer> {
  const runs = await listQuarantine();
  const rows = runs.map((each) => [each.run, each.moved_at, each.subject, String(each.rows), each.reason]);
  const table = printTable([['run', 'set aside', 'of', 'rows', 'why'], ...rows]);
  return {
    json: { service, runs },
    text: `${service}:${runs.length > 0 ? `\n${table}` : ' nothing is set aside'}`,
  };
}

async function restore(of: Service, run: string, given: Given): Promise<Answer> {
  const { service } = of;
  const counts = await countQuarantined(run);
  const planned = of.tables.flatMap(({ source }) =>
    counts.has(source) ? [`${counts.get(source)} ${source}`] : [],
  );
  const json = { service, run, would_restore: Object.fromEntries(counts) };
  if (planned.length === 0) return { json, text: `${service}: nothing of that run is here` };
  const plan = { json, text: `${service}: ${planned.join(', ')} would be brought back` };
  return onceAgreed(given, plan, `${service}: they are restored, and events are published.`, () =>
    bringBack(of, run),
  );
}

async function bringBack({ service, tables }: Service, run: string): Promise<Answer> {
  const restored: Record<string, number> = {};
  let left = 0;
  for (const table of tables) {
    const done = await restoreTable(table, run);
    if (done.back > 0) restored[table.source] = done.back;
    left += done.left;
  }
  const parts = Object.entries(restored).map(([source, rows]) => `${rows} ${source}`);
  return {
    json: { service, run, restored, left },
    text: [
      `${service}: ${parts.join(', ') || 'no rows'} are back`,
      ...(left > 0
        ? [`  ${left} rows stay: what they belong to is not there, or others have taken their place`]
        : []),
    ].join('\n'),
    code: left > 0 ? 1 : 0,
  };
}

async function restoreTable(table: RestoredTable, run: string): Promise<{ back: number; left: number }> {
  let [after, back, left] = ['0', 0, 0];
  for (;;) {
    const batch = await inTransaction((transaction) => restoreBatch(table, run, after, transaction));
    back += batch.done;
    left += batch.held.length - batch.done;
    const last = batch.held.at(-1);
    if (!last) return { back, left };
    after = last.id;
  }
}

async function restoreBatch(table: RestoredTable, run: string, after: string, transaction: Transaction) {
  const held = await holdRowsOfRun(run, table.source, after, batchSize, transaction);
  if (held.length === 0) return { held, done: 0 };
  const restored = await table.bringBack(
    held.map(({ content }) => content),
    transaction,
  );
  const keys = new Set(restored.map(table.keyOf));
  const ids = held.filter(({ content }) => keys.has(table.keyOf(content))).map(({ id }) => id);
  await forgetQuarantined(ids, transaction);
  return { held, done: ids.length };
}

async function purge({ service }: Service, days: number, given: Given): Promise<Answer> {
  const runs = (await listQuarantine()).filter(
    ({ moved_at: at }) => Date.parse(at) < Date.now() - days * 86_400_000,
  );
  const rows = runs.reduce((sum, run) => sum + run.rows, 0);
  const plan = {
    json: { service, purged: 0, rows },
    text: `${service}: ${rows} rows were set aside more than ${days} days ago`,
  };
  if (rows === 0) return plan;
  return onceAgreed(given, plan, `${service}: ${rows} rows are deleted for good.`, async () => {
    let purged = 0;
    for (let deleted = 1_000; deleted === 1_000; purged += deleted)
      deleted = await purgeQuarantine(days, 1_000);
    return { json: { service, purged }, text: `${service}: ${purged} rows are deleted` };
  });
}
