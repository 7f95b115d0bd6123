/** `npm run chaos`: breaks a running Agora in every known way, and reports whether every invariant held. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { checkout, layoutOf, reportFailure, runInFolder, StackError } from '@agora/local-stack';
import type pg from 'pg';
import { lossyFailover } from './cluster/fail-over-with-loss.js';
import { runDrill } from './drill/run-drill.js';
import { elasticPartitions } from './elastic/come-and-go.js';
import type { Fault, Mark } from './faults/fault.js';
import { allFaults, clusterFaults } from './faults/inject-faults.js';
import { largeFaults } from './faults/large.js';
import { readOptions, type Options } from './options.js';
import { drawPlot } from './report/draw-plot.js';
import { describeRun, verdictOn } from './report/describe-run.js';
import { tabulateFaults } from './report/tabulate-faults.js';
import { fillDatabase } from './system/fill-database.js';
import { drawPartitions } from './random.js';
import { summarize } from './report/summarize.js';
import { runChaos } from './run-chaos.js';

/** A quick run is over in time on a slow machine too, though not every fault may have come then. */
const quickLimit = 50;
const quickClusterLimit = 120;

const print = (line: string) => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<number> {
  const options = readOptions(args);
  const faults = options.elastic ? [] : chooseFaults(options);
  const partitions = options.elastic ? elasticPartitions : drawPartitions(options.seed);
  const logs = join(layoutOf(checkout).data, 'chaos', 'logs');
  rmSync(logs, { recursive: true, force: true });
  return runInFolder(import.meta.url, async ({ folder, requests: { signal } }) => {
    if (options.drill) {
      const { all } = await runDrill({
        seed: options.seed,
        partitions,
        folder,
        logs,
        signal,
        announce: print,
      });
      print(verdictOn(all.length, options.seed, ' --drill'));
      return all.length > 0 ? 1 : 0;
    }
    const plan = { faults, seconds: options.seconds, limit: limitOf(options) };
    const fill = options.large ? (database: pg.ClientConfig) => fillDatabase(database, signal) : undefined;
    const { seed, cluster: isCluster } = options;
    const run = await runChaos({
      seed,
      isCluster,
      isLossy: isLossy(options),
      plan,
      partitions,
      elastic: elasticOf(options),
      fill,
      folder,
      logs,
      signal,
      announce: print,
    });
    const summary = summarize(run, options);
    for (const line of describeRun(summary)) print(line);
    const report = writeReport(options, JSON.stringify(summary, null, 2), drawPlot(run));
    writeFileSync(report.table, `${tabulateFaults(summary).join('\n')}\n`);
    print(`\nReport: ${report.json}\nPlot:   ${report.plot}\nTable:  ${report.table}\nLogs:   ${logs}`);
    for (const line of describeMissing(faults, run.marks)) print(line);
    return run.findings.length > 0 ? 1 : 0;
  });
}

const limitOf = ({ quick, cluster }: Options) =>
  quick ? (cluster ? quickClusterLimit : quickLimit) : undefined;

/** The times of a quick run say nothing on a machine that is busy with something else. */
const elasticOf = ({ elastic, quick }: Options) => (elastic ? (quick ? 'told' : 'judged') : undefined);

/** Runs last, after all other checks: it changes what is known. */
const isLossy = ({ cluster, only }: Options) =>
  cluster && (only.length === 0 || only.includes(lossyFailover));

function chooseFaults({ quick, only, large, cluster }: Options): Fault[] {
  const faults = [...(cluster ? clusterFaults : []), ...(large ? largeFaults : []), ...allFaults];
  const kinds = [...faults.map(({ kind }) => kind), ...(cluster ? [lossyFailover] : [])];
  const unknown = only.find((kind) => !kinds.includes(kind));
  if (unknown) throw new StackError(`There is no "${unknown}", but: ${kinds.join(', ')}`);
  if (only.length > 0) return faults.filter(({ kind }) => only.includes(kind));
  const own = cluster && quick ? clusterFaults : faults;
  return own.filter((fault) => !quick || fault.quick);
}

/** The faults that could not be injected in this run, and why. */
function describeMissing(faults: readonly Fault[], marks: readonly Mark[]): string[] {
  return faults.flatMap(({ kind }) => {
    const own = marks.filter((mark) => mark.kind === kind);
    if (own.some(({ notRun }) => notRun === undefined)) return [];
    return [`"${kind}" was not run: ${own[0]?.notRun ?? 'there was no time left for it'}`];
  });
}

function writeReport({ seed, out }: Options, json: string, plot: string) {
  const path = resolve(out ?? join(layoutOf(checkout).data, 'chaos', `seed-${seed}.json`));
  const plotPath = path.replace(/(\.json)?$/, '.svg');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, json);
  writeFileSync(plotPath, plot);
  return { json: path, plot: plotPath, table: path.replace(/(\.json)?$/, '.md') };
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
