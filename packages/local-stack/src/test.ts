import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkout } from './checkout.js';
import { ownArgument } from './process-identity.js';
import { createProgress } from './progress.js';
import { reportFailure } from './report-failure.js';
import { runJest } from './run-jest.js';
import { StackError } from './stack-error.js';
import { startTestStack } from './start-test-stack.js';
import { stopRequests } from './stop-requests.js';
import { makeTemporaryFolder, removeAbandonedFolders } from './temporary-folder.js';

const progress = createProgress(process.stderr);

async function main(args: string[]): Promise<number> {
  const requests = stopRequests();
  const workers = workerCount();
  await removeAbandonedFolders();
  const folder = makeTemporaryFolder(ownArgument(fileURLToPath(import.meta.url)));
  try {
    const options = { root: checkout, folder, workers, progress, signal: requests.signal };
    const running = await progress.step('PostgreSQL and NATS for the tests', () => startTestStack(options));
    const stackFile = join(folder, 'stack.json');
    writeFileSync(stackFile, JSON.stringify(running.stack), { mode: 0o600 });
    try {
      return await runJest({ args, workers, stackFile, requests });
    } finally {
      await running.stop();
    }
  } catch (error) {
    if (requests.signal.aborted) return 130;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
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
