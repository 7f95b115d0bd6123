import { existsSync, readdirSync, readFileSync } from 'node:fs';
import type { Findings } from '../findings.js';
import type { Replica } from '../system/replica.js';

/** What a process holds. */
export interface Holding {
  /** Files and connections that are open. */
  files: number;
  /** Resident memory, in MB. */
  memory: number;
}

/** What each process holds, by its label; none where there is no /proc. */
export const readHoldings = (replicas: readonly Replica[]): Map<string, Holding> =>
  new Map(
    replicas.flatMap((replica) => {
      const folder = `/proc/${replica.pid()}`;
      if (!existsSync(`${folder}/fd`)) return [];
      const [, kilobytes] = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`${folder}/status`, 'utf8')) ?? [];
      const holding = {
        files: readdirSync(`${folder}/fd`).length,
        memory: Math.round(Number(kilobytes) / 1_024),
      };
      return [[replica.label, holding] as const];
    }),
  );

/** What pools keep open for a while, and what the heap of a young process grows by before it is first collected whole. */
const slack: Holding = { files: 20, memory: 64 };

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
    if (now.memory > then.memory * 1.2 + slack.memory)
      broken('I12', `${label} holds ${now.memory} MB, and ${then.memory} MB before`);
  }
}
