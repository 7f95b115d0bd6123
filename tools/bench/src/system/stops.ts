/** What was started and has to be stopped. */
export interface Stops {
  add(stop: () => Promise<unknown>): void;
  /** Stops all of it, the last first, whatever fails. */
  all(): Promise<void>;
}

export function collectStops(): Stops {
  const stops: (() => Promise<unknown>)[] = [];
  return {
    add: (stop) => void stops.push(stop),
    async all() {
      for (const stop of stops.splice(0).toReversed()) await stop().catch(() => undefined);
    },
  };
}
