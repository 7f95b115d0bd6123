import type { ServiceName } from '@agora/local-stack';
import type { Findings } from '../findings.js';
import type { Journal } from '../load/journal.js';
import type { Outages, Part } from '../load/outages.js';
import type { Try } from '../load/try-request.js';
import type { World } from '../load/world.js';
import type { Random } from '../random.js';
import type { System } from '../system/system.js';

/** What a fault has at hand. */
export interface Scene {
  system: System;
  world: World;
  journal: Journal;
  findings: Findings;
  random: Random;
  /** A client of its own. */
  attempt: Try;
  /** Ids of the messages that each service must have dead-lettered, and of those that it may have. */
  poison: Poison;
  /** What is broken at the moment. */
  outages: Outages;
  /** What was there before the run, in a run on data of real size. */
  large?: LargeData | undefined;
  signal: AbortSignal;
}

/** The largest accounts and posts in data of real size. */
export interface LargeData {
  /** Of every account. */
  password: string;
  /** Everybody has voted for it. */
  hotPost: number;
  /** Has thousands of sessions. */
  manySessions: number;
  /** Has written thousands of posts. */
  prolific: number;
}

interface Poison {
  sent: Record<ServiceName, Set<string>>;
  /** Those that a wiped stream may have taken along before they were read. */
  lost: Set<string>;
}

/** One way to break something. */
export interface Fault {
  kind: string;
  touches: Part;
  /** Whether it is one of the few of a quick run. */
  quick?: boolean;
  /** Whether it comes before all others. */
  first?: boolean;
  /** Whether it asks something of the system that no other fault may disturb. */
  alone?: boolean;
  /** Whether it lasts long enough for other faults to be injected meanwhile. */
  beside?: boolean;
  /** Breaks it, waits, and heals it; answers what exactly was broken. */
  run(scene: Scene): Promise<string>;
}

/** A fault that was there, in milliseconds since the start of the run. */
export interface Mark {
  kind: string;
  detail: string;
  /** Why it was not there after all. */
  notRun?: string;
  startedAt: number;
  endedAt: number;
}
