import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const lookMilliseconds = 2_000;
/** Of one core. */
const idleShare = 0.1;
/** The pause is some 90 ms with the heap of a process that has just started, and grows with it. */
const largestHeap = 128_000_000;
/** It must be worth the pause: so much more than was left by the last one. */
const worthwhile = 16_000_000;

/**
 * Collects garbage while the process has next to nothing to do. V8 collects when something is allocated, so it would keep what starting, or
 * a rush of requests, has needed for as long as nothing happens. A short-lived process never comes to it.
 */
export function collectWhenIdle(): void {
  let collect: ((options: object) => void) | undefined;
  let cpu = process.cpuUsage();
  let left = 0;
  setInterval(() => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    if ((user + system) / 1_000 > lookMilliseconds * idleShare) return;
    const { total_heap_size: size, used_heap_size: used } = getHeapStatistics();
    if (size - left < worthwhile || used > largestHeap) return;
    collect ??= exposedCollector();
    // The only flavor that shrinks the heap, too.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    left = getHeapStatistics().total_heap_size;
  }, lookMilliseconds).unref();
}

function exposedCollector(): (options: object) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: object) => void;
}
