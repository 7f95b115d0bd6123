import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

const fiveSeconds = 5_000;
/** Rarely, because a collection also discards compiled code. */
const betweenMilliseconds = 600_000;
/** Of one core. */
const idleShare = 0.05;
/** How much the heap must have grown since the last collection, in bytes. */
const worthwhile = 32_000_000;
/** The pause is some 90 ms with the heap of a process that has just started, and grows with the heap. */
const largestHeap = 128_000_000;

/**
 * Collects garbage while the process is idle, for the first time soon after its start. V8 collects only when something is allocated, so an idle process
 * would keep the memory that its start, or a burst of requests, has needed.
 */
export function collectWhenIdle(lookMilliseconds = fiveSeconds): void {
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
    // The only flavor that also shrinks the heap.
    collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
    left = getHeapStatistics().total_heap_size;
    collectedAt = performance.now();
  }, lookMilliseconds).unref();
}

function exposedCollector(): (options: object) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: object) => void;
}
