import { spawn } from 'node:child_process';
import { checkout } from '../stack/checkout.js';

/** Runs one of Agora's own commands to its end, with our output, and answers its exit code; `signal` asks it to stop. */
export function runCommand(args: string[], env: NodeJS.ProcessEnv, signal: AbortSignal): Promise<number> {
  const child = spawn(process.execPath, args, { stdio: 'inherit', env, cwd: checkout });
  signal.addEventListener('abort', () => child.kill('SIGTERM'), { once: true });
  return new Promise((resolve) => {
    child.once('error', () => resolve(1));
    child.once('exit', (code) => resolve(code ?? 1));
  });
}
