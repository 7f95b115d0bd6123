import { setTimeout as sleep } from 'node:timers/promises';
import { runsWith } from './process-identity.js';

/** Ways to ask a process to end, in order, each with the milliseconds it is given. */
export type Steps = [signal: NodeJS.Signals, patience: number][];

/** Sends the signals of `steps` one after another until `isGone(patience)` resolves to true. */
export async function endInSteps(
  pid: number,
  steps: Steps,
  isGone: (patience: number) => Promise<boolean>,
): Promise<void> {
  for (const [signal, patience] of steps) {
    send(pid, signal);
    if (await isGone(patience)) return;
  }
}

/** Ends the process `pid` if it was started with `argument`; resolves to whether there was such a process. */
export async function endLeftover(pid: number, argument: string, steps: Steps): Promise<boolean> {
  if (pid === process.pid || !runsWith(pid, argument)) return false;
  await endInSteps(pid, steps, async (patience) => {
    const deadline = Date.now() + patience;
    while (runsWith(pid, argument) && Date.now() < deadline) await sleep(20);
    return !runsWith(pid, argument);
  });
  return true;
}

/** Sends `signal` to the process, or with a negative number to its group, unless it is gone. */
export function send(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // The process is gone already.
  }
}
