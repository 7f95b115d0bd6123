import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { checkout } from '../stack/checkout.js';
import { createProgress } from './progress.js';
import { reportFailure } from './report-failure.js';
import { runInFolder } from '../processes/run-in-folder.js';
import { runJest } from './run-jest.js';
import { StackError } from '../machine/stack-error.js';
import { startTestStack } from '../stack/start-test-stack.js';

const progress = createProgress(process.stderr);

async function main(args: string[]): Promise<number> {
  const workers = workerCount();
  return runInFolder(import.meta.url, async ({ folder, requests }) => {
    const options = { root: checkout, folder, workers, progress, signal: requests.signal };
    const running = await progress.step('PostgreSQL and NATS for the tests', () => startTestStack(options));
    const stackFile = join(folder, 'stack.json');
    writeFileSync(stackFile, JSON.stringify(running.stack), { mode: 0o600 });
    try {
      return await runJest({ args, workers, stackFile, requests });
    } finally {
      await running.stop();
    }
  });
}

function workerCount(): number {
  const count = Number(process.env.JEST_WORKERS || 2);
  if (!Number.isInteger(count) || count < 1 || count > 64)
    throw new StackError('JEST_WORKERS must be a whole number from 1 to 64.');
  return count;
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, progress.line)),
);
