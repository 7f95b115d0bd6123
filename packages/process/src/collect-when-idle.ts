import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const tenSeconds = 10_000;
/** Seldom, as compiled code goes with the garbage. */
const betweenMilliseconds = 600_000;
/** Of one core. */
const idleShare = 0.05;
/** What must have been added since the last time, in bytes of heap. */
const worthwhile = 32_000_000;
/** The pause is some 90 ms with the heap of a process that has just started, and grows with it. */
const largestHeap = 128_000_000;

/**
 * Collects garbage when the process has had next to nothing to do for so long, first once it has started. V8 collects when something is
 * allocated, so it would keep what starting, or a rush of requests, has needed for as long as nothing happens.
 */
export function collectWhenIdle(lookMilliseconds = tenSeconds): void {
  let collect: ((options: object) => void) | undefined;
  let cpu = process.cpuUsage();
  let left = 0;
  let collectedAt = -Infinity;
  setInterval(() => {
    const { user, system } = process.cpuUsage(cpu);
    cpu = process.cpuUsage();
    const { total_heap_size: size, used_heap_size: used } = getHeapStatistics();
    const isIdle = (user + system) / 1_000 < lookMilliseconds * idleShare;
    const isDue = performance.now() - collectedAt > betweenMilliseconds && size - left > worthwhile;
    if (!isIdle || !isDue || used > largestHeap) return;
    collect ??= exposedCollector();
    // The only flavor that shrinks the heap, too.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    left = getHeapStatistics().total_heap_size;
    collectedAt = performance.now();
  }, lookMilliseconds).unref();
}

function exposedCollector(): (options: object) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: object) => void;
}
