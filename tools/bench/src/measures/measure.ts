import type { Bench } from '../bench.js';
import type { Round } from '../rounds.js';

/** What the issue asks for of a figure. */
export interface Target {
  is: 'at most' | 'at least';
  value: number;
}

/** One number that a measure came to. */
export interface Figure {
  name: string;
  value: number;
  unit: '×' | 'ms' | 's' | 'MB' | 'KB' | 'requests/s' | 'µs';
  target?: Target | undefined;
  /** Why it is not to be trusted: requests failed. */
  invalid?: string | undefined;
}

export interface Outcome {
  figures: Figure[];
  rounds: Round[];
  /** Notes on the figures. */
  notes?: string[];
  /** The figures as a table of Markdown, which is printed too and which `--readme` puts into the README. */
  markdown?: string[];
}

/** A named part of the suite. */
export interface Measure {
  /** As `--only` has it. */
  name: string;
  /** Whether it is taken only when it is named. */
  isExtra?: boolean;
  about: string;
  take(bench: Bench): Promise<Outcome>;
}

export const atMost = (value: number): Target => ({ is: 'at most', value });
export const atLeast = (value: number): Target => ({ is: 'at least', value });

/** Whether a figure is as its target wants it; undefined without a target, and of one that is invalid. */
export function isMet({ value, target, invalid }: Figure): boolean | undefined {
  if (!target || invalid) return undefined;
  return target.is === 'at most' ? value <= target.value : value >= target.value;
}
