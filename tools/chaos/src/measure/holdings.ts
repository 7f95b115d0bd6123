import { existsSync, readdirSync } from 'node:fs';
import type { Findings } from '../findings.js';
import type { Replica } from '../system/replica.js';

/** What a process holds. */
export interface Holding {
  /** Files and connections that are open. */
  files: number;
  /** Its heap after a garbage collection, in MB. Resident memory would say more about V8 than about Agora. */
  heap: number;
}

/** What each process holds, by its label; none where there is no /proc. */
export async function readHoldings(replicas: readonly Replica[]): Promise<Map<string, Holding>> {
  const holdings = new Map<string, Holding>();
  for (const replica of replicas) {
    const folder = `/proc/${replica.pid()}/fd`;
    if (!existsSync(folder)) continue;
    const files = readdirSync(folder).length;
    holdings.set(replica.label, { files, heap: Math.round((await replica.measureHeap()) / 1e6) });
  }
  return holdings;
}

/** What pools keep open for a while, and what caches of tokens and statements hold once they are full. */
const slack: Holding = { files: 20, heap: 10 };

/** Each may hold a fifth more than under the first load, and some slack. */
export function compareHoldings(
  before: ReadonlyMap<string, Holding>,
  after: ReadonlyMap<string, Holding>,
  { broken }: Findings,
): void {
  for (const [label, now] of after) {
    const then = before.get(label);
    if (!then) continue;
    if (now.files > then.files * 1.2 + slack.files)
      broken('I12', `${label} holds ${now.files} files open, and ${then.files} before`);
    if (now.heap > then.heap * 1.2 + slack.heap)
      broken('I12', `${label} uses ${now.heap} MB of heap, and ${then.heap} MB before`);
  }
}
