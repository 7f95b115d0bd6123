import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Out } from '@agora/progress';

const folder = fileURLToPath(new URL('../../../examples/web', import.meta.url));
const has = (path: string) => existsSync(`${folder}/${path}`);

interface Surroundings {
  out: Out;
  errors: NodeJS.WritableStream;
  stop: AbortSignal;
}

/** Serves the page of examples/web for the Agora at `url` until it is stopped, and prints its address; installs and builds the page if necessary. */
export async function serveWeb(url: string, port: number, surroundings: Surroundings): Promise<number> {
  const { out, errors, stop } = surroundings;
  const steps = [
    ...(has('node_modules')
      ? []
      : [['Installing what the page is built with', 'ci', '--no-audit', '--no-fund']]),
    ...(has('dist/index.html') ? [] : [['Building the page', 'run', 'build']]),
  ];
  for (const [what = '', ...args] of steps) {
    out.write(`${what} …\n`);
    const code = await run('npm', args, surroundings);
    if (code !== 0) {
      errors.write(`"npm ${args.join(' ')}" in examples/web ended with code ${code}.\n`);
      return code;
    }
  }
  out.write('\nThe page, until Ctrl-C (two windows show what it is about):\n\n  ');
  const code = await run(process.execPath, ['serve.mjs', url, String(port)], surroundings, 'inherit');
  return stop.aborted ? 0 : code;
}

function run(
  file: string,
  args: string[],
  { errors, stop }: Surroundings,
  stdout: 'inherit' | 'ignore' = 'ignore',
): Promise<number> {
  const child = spawn(file, args, {
    cwd: folder,
    stdio: ['ignore', stdout, 'pipe'],
  });
  const end = () => void child.kill('SIGTERM');
  stop.addEventListener('abort', end);
  child.stderr?.pipe(errors, { end: false });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code) => {
      stop.removeEventListener('abort', end);
      resolve(code ?? 1);
    });
  });
}
