import { getHeapStatistics, setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

/** Often, until the process has started; then seldom, as compiled code goes with the garbage. */
const [firstMilliseconds, lookMilliseconds] = [2_000, 10_000];
const betweenMilliseconds = 60_000;
/** Of one core. */
const [firstShare, idleShare] = [0.1, 0.05];
/** What must have been added since the last time, in bytes of heap. */
const worthwhile = 32_000_000;
/** The pause is some 90 ms with the heap of a process that has just started, and grows with it. */
const largestHeap = 128_000_000;

/**
 * Collects garbage when the process has started, and later when it has next to nothing to do. V8 collects when something is allocated, so it
 * would keep what starting, or a rush of requests, has needed for as long as nothing happens. A short-lived process never comes to it.
 */
export function collectWhenIdle(): void {
  let collect: ((options: object) => void) | undefined;
  let left = 0;
  let collectedAt = -Infinity;
  const look = (since: NodeJS.CpuUsage, milliseconds: number, share: number) => {
    const { user, system } = process.cpuUsage(since);
    const { total_heap_size: size, used_heap_size: used } = getHeapStatistics();
    const isIdle = (user + system) / 1_000 < milliseconds * share;
    const isDue = performance.now() - collectedAt > betweenMilliseconds && size - left > worthwhile;
    if (isIdle && isDue && used < largestHeap) {
      collect ??= exposedCollector();
      // The only flavor that shrinks the heap, too.
      collect({ type: 'major', execution: 'sync', flavor: 'last-resort' });
      left = getHeapStatistics().total_heap_size;
      collectedAt = performance.now();
    }
    schedule();
  };
  const schedule = () => {
    const [milliseconds, share] = collect ? [lookMilliseconds, idleShare] : [firstMilliseconds, firstShare];
    setTimeout(look, milliseconds, process.cpuUsage(), milliseconds, share).unref();
  };
  schedule();
}

function exposedCollector(): (options: object) => void {
  setFlagsFromString('--expose-gc');
  return runInNewContext('gc') as (options: object) => void;
}
