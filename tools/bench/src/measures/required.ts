import type { ProcessName } from '@agora/local-stack';
import type { Bench } from '../bench.js';
import type { Running } from '../system/running.js';

/** A process of the system; throws when it was not started. */
export function required({ system }: Pick<Bench, 'system'>, name: ProcessName): Running {
  const found = system.processes[name];
  if (!found) throw new Error(`${name} was not started`);
  return found;
}
