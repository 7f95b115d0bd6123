import type { Poison } from '../faults/fault.js';
import type { Findings } from '../findings.js';
import type { World } from '../load/world.js';
import type { System } from '../system/system.js';

/** What is held against each other: what runs, what clients were told, what was sent to be refused. */
export interface Evidence {
  system: System;
  world: World;
  poison: Poison;
  findings: Findings;
}
