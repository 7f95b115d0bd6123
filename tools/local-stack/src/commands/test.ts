import { globSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../stack/checkout.js';
import { createProgress } from './progress.js';
import { reportFailure } from './report-failure.js';
import { runInFolder } from '../processes/run-in-folder.js';
import { runJest, type JestRun, type TestKind } from './run-jest.js';
import { StackError } from '../machine/stack-error.js';
import { startTestStack } from '../stack/start-test-stack.js';

const progress = createProgress(process.stderr);

async function main(given: string[]): Promise<number> {
  const { args, kind } = readKind(given);
  return test({ ...readWorkers(args), kind });
}

async function test({ args, workers, kind }: Pick<JestRun, 'args' | 'workers' | 'kind'>): Promise<number> {
  return runInFolder(import.meta.url, async ({ folder, requests }) => {
    const options = { root: checkout, folder, workers, progress, signal: requests.signal };
    const running = await progress.step('PostgreSQL and NATS for the tests', () => startTestStack(options));
    const stackFile = join(folder, 'stack.json');
    writeFileSync(stackFile, JSON.stringify(running.stack), { mode: 0o600 });
    try {
      return await runJest({ args, workers, kind, stackFile, requests });
    } finally {
      await running.stop();
    }
  });
}

/** `--all` and `--system` say which tests run; without them a path that a system test has runs that one too. */
function readKind(given: string[]): { args: string[]; kind: TestKind } {
  const args = given.filter((each) => each !== '--all' && each !== '--system');
  if (given.includes('--all')) return { args, kind: 'all' };
  if (given.includes('--system')) return { args, kind: 'system' };
  const paths = args.filter((each) => each.includes('/') && !each.startsWith('-'));
  const systemTests =
    paths.length > 0 ? globSync('{test,tools,deploy}/**/*.system.test.ts', { cwd: checkout }) : [];
  const isNamed = systemTests.some((file) => paths.some((path) => `/${file}`.includes(path)));
  return { args, kind: isNamed ? 'all' : 'usual' };
}

/** More than two cores keep busy: tests wait for processes half of the time. */
const usualWorkers = 3;

/** `-w N`, `-i` or `JEST_WORKERS`: each worker has a database of its own, so Jest alone can't choose. */
function readWorkers(given: string[]): { args: string[]; workers: number } {
  const at = given.findIndex((each) => /^(-w|--maxWorkers|-i|--runInBand)$/.test(each));
  const isAlone = /^(-i|--runInBand)$/.test(given[at] ?? '');
  const workers = Number(at < 0 ? process.env.JEST_WORKERS || usualWorkers : isAlone ? 1 : given[at + 1]);
  if (!Number.isInteger(workers) || workers < 1 || workers > 64)
    throw new StackError('-w and JEST_WORKERS must be a whole number from 1 to 64.');
  return { args: at < 0 ? given : given.toSpliced(at, isAlone ? 1 : 2), workers };
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, progress.line)),
);
