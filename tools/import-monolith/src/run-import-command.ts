import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { connectDatabase, goOnAfter, isDatabaseUnavailable } from '@agora/database';
import { DatabaseError, QueryTypes, type Sequelize } from 'sequelize';
import { copyStep } from './copy-step.js';
import { readLedger } from './ledger.js';
import { prove } from './prove.js';
import { retrying } from './retrying.js';
import type { ImportSettings } from './settings.js';
import type { OddRows, Share } from './share.js';
import { openSource, type Source } from './source.js';

/** The exit codes of the command. */
const codes = { done: 0, failed: 1, askedWrongly: 2, imported: 3, interrupted: 130 };

/** The command refuses to run; the message says why. */
class Refusal extends Error {}

const print = (line: string) => void process.stdout.write(`${line}\n`);

/**
 * `operate.js import check|copy [--skip-odd <file>]`. `check` writes nothing, and reports odd rows
 * and what would become of them; the file lists rows to leave out, and `check` adds to it. Ends the process: with 0 when done, 1 and a clear line when not, 2 for wrong arguments, 3 when everything had been
 * imported before, 130 when it was interrupted; `copy` then continues where it was.
 */
export async function runImportCommand(share: Share): Promise<never> {
  const verb = process.argv[2];
  const oddFile = process.argv[3] === '--skip-odd' ? process.argv[4] : undefined;
  if (verb !== 'check' && verb !== 'copy') {
    process.stderr.write('Usage: node operate.js import check|copy [--skip-odd <file>]\n');
    process.exit(codes.askedWrongly);
  }
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());
  try {
    const settings = share.readSettings();
    process.exit(
      await withSource(settings, (source) =>
        run({ verb, share, settings, source, stop: stop.signal, oddFile }),
      ),
    );
  } catch (error) {
    if (stop.signal.aborted) print(`${share.service}: interrupted; the same command goes on from here`);
    else process.stderr.write(`${share.service}: ${describe(error)}\n`);
    process.exit(stop.signal.aborted ? codes.interrupted : codes.failed);
  }
}

async function withSource(
  settings: ImportSettings,
  work: (source: Source) => Promise<number>,
): Promise<number> {
  const source = await openSource(settings.MONOLITH_URL);
  try {
    return await work(source);
  } finally {
    await source.close();
  }
}

/** A page takes half a second; one that takes this long is blocked. */
const statementMilliseconds = 60_000;

interface Run {
  verb: 'check' | 'copy';
  share: Share;
  settings: ImportSettings;
  source: Source;
  stop: AbortSignal;
  oddFile: string | undefined;
}

async function run({ verb, share, settings, source, stop, oddFile }: Run): Promise<number> {
  const database = connectDatabase(settings, `${share.service}-import`, share.models, statementMilliseconds);
  const extent = await source.describe();
  const finishedAt = await readStanding(share, database, extent);
  if (finishedAt) {
    print(`${share.service}: was imported at ${finishedAt} already; nothing to do`);
    return codes.imported;
  }
  if (verb === 'check') return checkFindings(share, source, oddFile);
  const odd = readOddRows(oddFile);
  const out = process.stdout;
  const { givesIdsTo } = share;
  if (givesIdsTo)
    await retrying(stop, out, async () =>
      goOnAfter(await highestId(source, givesIdsTo), givesIdsTo, database),
    );
  for (const step of share.steps) await copyStep(step, { source, extent, odd, out, stop });
  if (await retrying(stop, out, () => prove(share.proofs, source, database, odd, print))) return codes.done;
  throw new Refusal(
    'the counts differ, because one of the two was written to meanwhile; see docs/migrating.md',
  );
}

/** When the import ended, if it has; throws a Refusal when it can neither start nor continue. */
async function readStanding(share: Share, database: Sequelize, extent: string): Promise<string | undefined> {
  const ledger = await readLedger();
  const steps = share.steps.map(({ name }) => ledger.get(name));
  const began = steps.find((step) => step !== undefined);
  if (!began) {
    await refuseFilled(share, database);
    return undefined;
  }
  if (steps.every((step) => step?.finishedAt)) return steps.at(-1)?.finishedAt ?? undefined;
  if (began.source !== extent)
    throw new Refusal(
      `the import began from ${began.source}, but there are ${extent}: is it another database, or does the old application still write?`,
    );
  return undefined;
}

async function refuseFilled({ tables }: Share, database: Sequelize): Promise<void> {
  for (const table of tables) {
    const [found] = await database.query(`SELECT 1 FROM ${table} LIMIT 1`, { type: QueryTypes.SELECT });
    if (found)
      throw new Refusal(
        `the table ${table} holds rows that no import wrote; ids would clash: import into an Agora that is empty`,
      );
  }
}

const shown = 20;

/** Prints odd rows and what becomes of them. Fails if some are neither changed nor left out. */
async function checkFindings(share: Share, source: Source, oddFile: string | undefined): Promise<number> {
  const odd = readOddRows(oddFile);
  const findings = await share.findings(source, odd);
  let blocked = false;
  for (const { kind, ids, changed, odd: rows } of findings) {
    const isLeftOut = oddFile !== undefined && rows !== undefined;
    if (isLeftOut) odd[rows].push(...ids.map(Number));
    blocked ||= changed === undefined && !isLeftOut;
    const fate =
      changed ??
      (isLeftOut
        ? 'left out'
        : `put it right there first${rows ? ', or leave it out by --skip-odd <file>' : ''}`);
    const more = ids.length > shown ? `, and ${ids.length - shown} more` : '';
    print(
      `${changed !== undefined || isLeftOut ? '!' : '✗'} ${ids.length} ${kind}; ${fate}: ${ids.slice(0, shown).join(', ')}${more}`,
    );
  }
  if (oddFile !== undefined) writeFileSync(oddFile, JSON.stringify(odd, null, 2), { mode: 0o600 });
  return blocked ? codes.failed : codes.done;
}

function readOddRows(file: string | undefined): OddRows {
  if (file === undefined || !existsSync(file)) return { users: [], posts: [] };
  return JSON.parse(readFileSync(file, 'utf8')) as OddRows;
}

async function highestId(source: Source, table: string): Promise<number> {
  const [row] = await source.rows<{ id: number | null }>(`SELECT max(id) AS id FROM ${table}`);
  return row?.id ?? 0;
}

function describe(error: unknown): string {
  if (isDatabaseUnavailable(error))
    return 'the database does not answer; nothing is half done, the same command goes on from here';
  if (error instanceof DatabaseError && 'code' in error.parent && error.parent.code === '42P01')
    return 'the tables are not up to date; run the migrations first (npm run migrate -- up)';
  return error instanceof Error ? error.message : String(error);
}
