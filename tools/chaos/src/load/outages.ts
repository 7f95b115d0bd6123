import type { Replica } from '../system/replica.js';

/** What a fault breaks: two that come together break different things. */
export type Part = 'processes' | 'postgres' | 'nats' | 'events' | 'data' | 'mail';

/** Records the times in which no process could know which sessions had ended. */
export interface Outages {
  begin(touches: Part): void;
  end(touches: Part): void;
  /** The last moment, by the monotonic clock in milliseconds, at which revocations had no way to a process; -Infinity for never. */
  lastBlindAt(): number;
  /** Whether any of these parts was broken around a moment, by the same clock. */
  wereBroken(parts: readonly Part[], at: number): boolean;
  stop(): void;
}

const sampleMilliseconds = 50;
/** By then a fault's after-effects, above all reconnections and timeouts, are over. */
const aftermathMilliseconds = 10_000;

interface Outage {
  touches: Part;
  from: number;
  to: number;
}

/**
 * Revocations travel by NATS, and else over auth's internal port. Both ways are closed while PostgreSQL is broken, which auth needs
 * for either, while no replica of auth is ready, and while NATS is broken and a replica of auth is not ready.
 */
export function watchOutages(replicas: readonly Replica[]): Outages {
  const known: Outage[] = [];
  const isBroken = (part: Part) => known.some(({ touches, to }) => touches === part && to === Infinity);
  const auth = replicas.filter(({ name }) => name === 'auth');
  let blindAt = -Infinity;
  const isBlind = () => {
    const ready = auth.filter((replica) => replica.isReady()).length;
    return isBroken('postgres') || ready === 0 || (isBroken('nats') && ready < auth.length);
  };
  const sample = () => {
    if (isBlind()) blindAt = performance.now();
  };
  const timer = setInterval(sample, sampleMilliseconds);
  return {
    begin(touches) {
      known.push({ touches, from: performance.now(), to: Infinity });
      sample();
    },
    end(touches) {
      sample();
      const ended = known.find((outage) => outage.touches === touches && outage.to === Infinity);
      if (ended) ended.to = performance.now();
    },
    lastBlindAt: () => blindAt,
    wereBroken: (parts, at) =>
      known.some(
        ({ touches, from, to }) =>
          parts.includes(touches) && at > from - aftermathMilliseconds && at < to + aftermathMilliseconds,
      ),
    stop: () => clearInterval(timer),
  };
}
