import type { Scene } from '../faults/fault.js';

/** What is held against each other: what runs, what clients were told, what was sent to be refused. */
export type Evidence = Pick<Scene, 'system' | 'world' | 'poison' | 'findings' | 'attempt' | 'outages'>;
