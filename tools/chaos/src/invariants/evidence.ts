import type { Scene } from '../faults/fault.js';

/** What is compared: the running system, the answers that clients got, and the requests that must be refused. */
export type Evidence = Pick<Scene, 'system' | 'world' | 'poison' | 'findings' | 'attempt' | 'outages'>;
