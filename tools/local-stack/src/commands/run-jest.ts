import { spawn } from 'node:child_process';
import { dirname, join } from 'node:path';
import { checkout } from '../stack/checkout.js';
import { send } from '../processes/end-process.js';
import type { StopRequests } from '../processes/stop-requests.js';

/** System tests (`*.system.test.ts`) start whole systems of their own and take minutes: `npm run test-system` runs them, `npm test` the others. */
export type TestKind = 'usual' | 'system' | 'all';

export interface JestRun {
  /** Jest's own arguments. */
  args: string[];
  workers: number;
  kind: TestKind;
  /** The description of the servers, for `readTestStack`. */
  stackFile: string;
  requests: StopRequests;
}

const interrupted = 130;

/** Runs Jest to its end, or to a request to stop, and answers the exit code. */
export async function runJest({ args, workers, kind, stackFile, requests }: JestRun): Promise<number> {
  if (requests.signal.aborted) return interrupted;
  const jest = join(checkout, 'node_modules', 'jest', 'bin', 'jest.js');
  const options = ['--config', 'jest.config.js', '--maxWorkers', String(workers)];
  // A group of its own lets what the tests started be ended with it; but then it could not read from the terminal.
  const detached = !process.stdin.isTTY;
  const env = {
    ...process.env,
    AGORA_TEST_STACK: stackFile,
    AGORA_TESTS: kind,
    NODE_OPTIONS: nodeOptions(),
    // Tests start the same processes hundreds of times.
    NODE_COMPILE_CACHE: join(dirname(stackFile), 'compiled'),
  };
  const child = spawn(process.execPath, [jest, ...options, ...args], {
    cwd: checkout,
    stdio: 'inherit',
    env,
    detached,
  });
  const ended = new Promise<number>((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(requests.signal.aborted ? interrupted : (code ?? 1)));
  });
  void requests.stopped.then(() => child.kill('SIGTERM'));
  requests.onImpatience(() => child.kill('SIGKILL'));
  const code = await ended;
  if (detached && child.pid) send(-child.pid, 'SIGKILL');
  return code;
}

// Jest's workers inherit the options, which its own command line would not reach.
function nodeOptions(): string {
  const options = ['--experimental-vm-modules', '--disable-warning=ExperimentalWarning'];
  return [process.env.NODE_OPTIONS, ...options].filter(Boolean).join(' ');
}
