import { spawn } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkout } from './checkout.js';
import { ownArgument } from './process-identity.js';
import { createProgress } from './progress.js';
import { reportFailure } from './report-failure.js';
import { StackError } from './stack-error.js';
import { startTestStack } from './start-test-stack.js';
import { stopRequests, type StopRequests } from './stop-requests.js';
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
      return await runJest(args, workers, stackFile, requests);
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

async function runJest(
  args: string[],
  workers: number,
  stackFile: string,
  requests: StopRequests,
): Promise<number> {
  if (requests.signal.aborted) return 130;
  const jest = join(checkout, 'node_modules', 'jest', 'bin', 'jest.js');
  const child = spawn(
    process.execPath,
    [jest, '--config', 'jest.config.js', '--maxWorkers', String(workers), ...args],
    {
      cwd: checkout,
      stdio: 'inherit',
      env: { ...process.env, AGORA_TEST_STACK: stackFile, NODE_OPTIONS: nodeOptions() },
    },
  );
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(requests.signal.aborted ? 130 : (code ?? 1)));
  });
  void requests.stopped.then(() => child.kill('SIGTERM'));
  requests.onImpatience(() => child.kill('SIGKILL'));
  return ended;
}

// Jest's workers inherit the options, which its own command line would not reach.
function nodeOptions(): string {
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return [process.env.NODE_OPTIONS, ...options].filter(Boolean).join(' ');
}

process.exit(
  await main(process.argv.slice(2)).catch((error: unknown) => reportFailure(error, progress.line)),
);
