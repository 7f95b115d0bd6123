import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Layout } from '../stack/checkout.js';
import { runsWith } from './process-identity.js';
import { readRunRecord } from './run-record.js';
import { systemCode } from '../machine/stack-error.js';

interface Holder {
  root: string;
  pid: number;
  argument: string;
}

// npm killed with -9 is noticed within half a second, and a stop takes at most ten.
const patience = 1500;
const patienceWithStop = 12_000;

/**
 * Takes the lock of a checkout for this process, which is identified by `argument` among its arguments. Answers a function
 * that gives it back, or the process that holds it, unless that one is just stopping. A lock whose holder is gone counts
 * for nothing.
 */
export async function takeStartLock(
  layout: Layout,
  argument: string,
): Promise<(() => void) | { heldBy: number }> {
  const { lock: path, root } = layout;
  for (const since = Date.now(); ; await sleep(100)) {
    if (write(path, { root, pid: process.pid, argument })) return () => rmSync(path, { force: true });
    const holder = readHolder(path);
    if (!isAlive(holder, path, root)) removeAbandoned(path, root);
    else if (holder && Date.now() - since > (readRunRecord(layout)?.stopping ? patienceWithStop : patience))
      return { heldBy: holder.pid };
  }
}

function write(path: string, holder: Holder): boolean {
  try {
    writeFileSync(path, JSON.stringify(holder), { flag: 'wx', mode: 0o600 });
    return true;
  } catch (error) {
    if (systemCode(error) !== 'EEXIST') throw error;
    return false;
  }
}

// Renaming first, because another start may have removed it and taken the lock in the meantime.
function removeAbandoned(path: string, root: string): void {
  const aside = `${path}.${process.pid}`;
  try {
    renameSync(path, aside);
    if (isAlive(readHolder(aside), aside, root)) renameSync(aside, path);
    else rmSync(aside);
  } catch (error) {
    if (systemCode(error) !== 'ENOENT') throw error;
  }
}

function isAlive(holder: Holder | undefined, path: string, root: string): boolean {
  // A copied checkout has a copy of the lock of the first.
  if (holder) return holder.root === root && runsWith(holder.pid, holder.argument);
  // An empty file belongs to a process between making and writing it, or to one that was killed just then.
  const status = statSync(path, { throwIfNoEntry: false });
  return status !== undefined && Date.now() - status.mtimeMs < 2000;
}

function readHolder(path: string): Holder | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as Holder;
  } catch {
    return undefined;
  }
}
