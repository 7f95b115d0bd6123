import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import type { Layout } from '../stack/checkout.js';
import { endLeftover } from './end-process.js';

/** What a start wrote down about itself: for the next start to clean up after it, and for other commands to find it. */
export interface RunRecord {
  /** The checkout it is about: a copied checkout has a copy of this, too, which says nothing about the copy. */
  root: string;
  /** The process that started the rest. */
  pid: number;
  /** Set once it is about to stop. */
  stopping?: boolean;
  postgres?: { host: string; port: number };
  /** By name, each with the argument that identifies it. */
  processes: Record<string, { pid: number; argument: string }>;
}

/** What was written down about this checkout, or undefined when there is nothing that can be read. */
export function readRunRecord({ run, root }: Layout): RunRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(run, 'utf8')) as RunRecord;
    return record.root === root ? record : undefined;
  } catch {
    return undefined;
  }
}

/** Replaces the record at `path`. It happens before anything else gets to run, so that no process is ever unrecorded. */
export function writeRunRecord(path: string, record: RunRecord): void {
  writeFileSync(`${path}.draft`, JSON.stringify(record, null, 2), { mode: 0o600 });
  renameSync(`${path}.draft`, path);
}

/** Ends what an earlier start left running, and answers the names of it. */
export async function endLeftovers(layout: Layout): Promise<string[]> {
  const entries = Object.entries(readRunRecord(layout)?.processes ?? {});
  const ended = await Promise.all(
    entries.map(async ([name, { pid, argument }]) => {
      const found = await endLeftover(pid, argument, [
        ['SIGTERM', 2000],
        ['SIGKILL', 1000],
      ]);
      return found ? [name] : [];
    }),
  );
  rmSync(layout.run, { force: true });
  return ended.flat();
}
