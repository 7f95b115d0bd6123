import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';

let child;
let asked;

/** The signal by which we were asked to stop, if any. */
export const askedToStop = () => asked;

/** Runs a program to its end; resolves to how it ended and what it printed, unless that went to the terminal. */
export function run(file, args, options) {
  return new Promise((resolve) => {
    let output = '';
    child = spawn(file, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options });
    child.stdout?.on('data', (chunk) => (output += chunk));
    child.stderr?.on('data', (chunk) => (output += chunk));
    child.once('error', (error) => resolve({ code: 1, signal: null, output: error.message }));
    child.once('close', (code, signal) => resolve({ code, signal, output }));
  });
}

/**
 * Stays alive until the running program has ended, whatever signal comes. A terminal sends Ctrl-C to that program as
 * well, and npm sends it to us again. So it is passed on as SIGTERM, which means "please stop" however often it
 * comes, while a second SIGINT means "stop at once".
 */
export function watchSignals() {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      if (asked) return;
      asked = signal;
      child?.kill('SIGTERM');
    });
  }
  if (process.env.npm_lifecycle_event) watchNpm();
}

// npm killed with -9 notifies nobody, and what it started must not stay behind.
function watchNpm() {
  const npm = npmProcess();
  setInterval(() => {
    if (npmProcess() !== npm) child?.kill('SIGTERM');
  }, 500).unref();
}

/** Our parent, or its parent when there is a shell in between. Without /proc only the end of that shell is noticed. */
function npmProcess() {
  try {
    const status = readFileSync(`/proc/${process.ppid}/status`, 'utf8');
    const isShell = /^Name:\s*(sh|bash|dash|ash|zsh)$/m.test(status);
    return isShell ? Number(/^PPid:\s*(\d+)/m.exec(status)[1]) : process.ppid;
  } catch {
    return process.ppid;
  }
}

/** Ends as the program did: with its exit code or by its signal. */
export function leaveAs({ code, signal }) {
  if (!signal) process.exit(code ?? 1);
  process.removeAllListeners(signal);
  process.emit('exit');
  process.kill(process.pid, signal);
}

/** Ends with a message and no stack trace. */
export function fail(message, code = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(code);
}
