import { forEachService } from '@agora/local-stack';
import type { Scene } from './faults/fault.js';
import { collectFindings, type Findings } from './findings.js';
import { openClient } from './load/ask.js';
import { openJournal } from './load/journal.js';
import { watchOutages } from './load/outages.js';
import { createTry } from './load/try-request.js';
import { createWorld } from './load/world.js';
import { randomFor } from './random.js';
import type { System } from './system/system.js';

interface SceneOptions {
  seed: number;
  signal: AbortSignal;
  announce(line: string): void;
}

/** The state at the start of a run: no accounts, no findings. */
export function openScene(
  system: System,
  { seed, signal, announce }: SceneOptions,
  findings: Findings = collectFindings(announce),
): Scene & { close(): void } {
  const journal = openJournal();
  const own = openClient(system.origin);
  return {
    system,
    world: createWorld(),
    journal,
    findings,
    random: randomFor(seed, 'faults'),
    attempt: createTry(own.ask, journal, findings),
    poison: { sent: forEachService(() => new Set()), lost: new Set() },
    outages: watchOutages(system.replicas),
    signal,
    close: own.close,
  };
}
