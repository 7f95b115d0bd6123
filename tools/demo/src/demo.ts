import { makeModerator } from './make-moderator.js';
import { runDemo } from './run-demo.js';

// The door passes a Ctrl-C on as SIGTERM.
const stop = new AbortController();
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => stop.abort());

process.exitCode = await runDemo(process.argv.slice(2), {
  out: process.stdout,
  errors: process.stderr,
  stop: stop.signal,
  makeModerator,
});
