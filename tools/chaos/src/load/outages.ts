import type { Replica } from '../system/replica.js';

/** What a fault breaks: two that come together break different things. */
export type Part = 'processes' | 'postgres' | 'nats' | 'events' | 'data';

/** Keeps when nobody could know which sessions had ended, whatever the processes did. */
export interface Outages {
  begin(touches: Part): void;
  end(touches: Part): void;
  /** The last moment, by the monotonic clock in milliseconds, at which revocations had no way to a process; -Infinity for never. */
  lastBlindAt(): number;
  stop(): void;
}

const sampleMilliseconds = 50;

/**
 * Revocations travel by NATS, and else over auth's internal port. Both ways are closed while PostgreSQL is broken, which auth needs
 * for either, while no replica of auth is ready, and while NATS is broken and a replica of auth is not ready.
 */
export function watchOutages(replicas: readonly Replica[]): Outages {
  const broken: Part[] = [];
  const auth = replicas.filter(({ name }) => name === 'auth');
  let blindAt = -Infinity;
  const isBlind = () => {
    const ready = auth.filter((replica) => replica.isReady()).length;
    return broken.includes('postgres') || ready === 0 || (broken.includes('nats') && ready < auth.length);
  };
  const sample = () => {
    if (isBlind()) blindAt = performance.now();
  };
  const timer = setInterval(sample, sampleMilliseconds);
  return {
    begin(touches) {
      broken.push(touches);
      sample();
    },
    end(touches) {
      sample();
      broken.splice(broken.indexOf(touches), 1);
    },
    lastBlindAt: () => blindAt,
    stop: () => clearInterval(timer),
  };
}
