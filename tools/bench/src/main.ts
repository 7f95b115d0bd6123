/**
 * `npm run bench`: what Agora's requests cost, compared with the least that they could cost and with the targets.
 * `measures/` one figure or table each: `requests/` under load, `growth/` with more data or connections, `system/` processes and commands ·
 * `scale/` rows of the table at two sizes: `cases/` requests, `upkeep/` jobs and operators' commands ·
 * `load/` generators · `floor/` the least that gives the same answers · `data/` what the databases hold · `system/` the processes measured · `capacity/` the simulation · `report/` text
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { reportFailure, runInFolder, StackError } from '@agora/local-stack';
import { dataFolder } from './bench.js';
import { chooseMeasures, measures } from './measures/measures.js';
import { readOptions, type Options } from './options.js';
import { describeReport } from './report/describe-report.js';
import { drawPlot } from './report/draw-plot.js';
import { writeReadme } from './report/markdown.js';
import { runBench, type Report } from './run-bench.js';

const print = (line: string) => void process.stdout.write(`${line}\n`);

async function main(args: string[]): Promise<number> {
  if (process.platform !== 'linux') throw new StackError('CPU times are read from /proc: this needs Linux.');
  const options = readOptions(args);
  const chosen = chooseMeasures(options.only);
  mkdirSync(join(dataFolder, 'logs'), { recursive: true });
  return runInFolder(import.meta.url, async ({ folder, requests: { signal } }) => {
    const report = await runBench({ options, folder, signal, announce: print }, chosen);
    print('');
    for (const line of describeReport(report)) print(line);
    writeReport(options, report);
    if (options.readme)
      writeReadme(
        report,
        measures.map(({ name }) => name),
      );
    return report.measures.some(({ figures }) => figures.some(({ invalid }) => invalid)) ? 1 : 0;
  });
}

function writeReport({ out, profile }: Options, report: Report): void {
  const path = resolve(out ?? join(dataFolder, `${report.startedAt.replaceAll(':', '-')}.json`));
  const plot = path.replace(/(\.json)?$/, '.svg');
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, JSON.stringify(report, null, 2));
  writeFileSync(plot, drawPlot(report));
  print(`\nReport:  ${path}\nPlot:    ${plot}\nLogs:    ${join(dataFolder, 'logs')}`);
  if (profile) print(`Profile: ${join(dataFolder, 'profiles', `${profile}.cpuprofile`)}`);
}

process.exit(await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, print)));
