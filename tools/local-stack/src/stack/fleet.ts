import { setTimeout as sleep } from 'node:timers/promises';
import { send, type Steps } from '../processes/end-process.js';
import { messageOf } from '../commands/report-failure.js';
import type { ServerProcess } from '../processes/server-process.js';

/** A running process that is started again when it ends unasked. */
export interface Member {
  name: string;
  process: ServerProcess;
  restart(): Promise<ServerProcess>;
  /** How it is asked to end. */
  endings: Steps;
  /** The signal that ends it at once. */
  kill: NodeJS.Signals;
}

export interface Fleet {
  add(member: Member): void;
  /** From now on members that end unasked are started again. */
  supervise(): void;
  /** Stops the members one after the other, in the order of `names`, within 8 seconds. */
  stop(names: readonly string[]): Promise<void>;
  /** Ends every member at once. */
  kill(): void;
}

const firstDelay = 500;
const longestDelay = 10_000;
const healthyAfter = 30_000;

/** A set of processes that are supervised and stopped together; `announce` prints a line for people. */
export function createFleet(announce: (line: string) => void): Fleet {
  const members = new Map<string, Member>();
  const watches: Promise<void>[] = [];
  const stopping = new AbortController();
  const kill = () => {
    stopping.abort();
    for (const member of members.values())
      if (!member.process.hasEnded()) send(member.process.pid, member.kill);
  };
  return {
    add: (member) => void members.set(member.name, member),
    supervise() {
      for (const member of members.values()) watches.push(keepAlive(member, announce, stopping.signal));
    },
    async stop(names) {
      stopping.abort();
      const impatience = setTimeout(kill, 6500);
      await Promise.all(watches);
      for (const member of names.flatMap((name) => members.get(name) ?? []))
        await member.process.end(member.endings);
      clearTimeout(impatience);
    },
    kill,
  };
}

async function keepAlive(
  member: Member,
  announce: (line: string) => void,
  signal: AbortSignal,
): Promise<void> {
  const aborted = new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve()));
  let delay = firstDelay;
  while (!signal.aborted) {
    const startedAt = Date.now();
    const how = await Promise.race([member.process.ended, aborted]);
    if (signal.aborted) return;
    if (Date.now() - startedAt > healthyAfter) delay = firstDelay;
    announce(`  ! ${member.name} ended (${String(how)}); starting it again in ${delay / 1000} s`);
    await sleep(delay, undefined, { signal }).catch(() => {});
    delay = Math.min(delay * 2, longestDelay);
    if (!signal.aborted) await restart(member, announce);
  }
}

async function restart(member: Member, announce: (line: string) => void): Promise<void> {
  try {
    member.process = await member.restart();
    announce(`  ✓ ${member.name} started again`);
  } catch (error) {
    announce(`  ! ${member.name} could not be started: ${messageOf(error)}`);
  }
}
