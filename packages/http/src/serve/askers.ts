/** How many requests of each caller are in flight, and how much it has requested lately. */
export interface Askers {
  /** Counts a request of a caller; call the returned function at its end, with its weight. */
  begin(asker: string): (weight: number) => void;
  /** How many requests are in flight. */
  inWork(): number;
  /** Whether a caller has requested at least as much as the average caller. */
  asksMost(asker: string): boolean;
  /** To be called about every second: older requests count less and less. */
  forgetHalf(): void;
}

interface Share {
  inWork: number;
  recent: number;
}

/** Bounds the memory; further callers count as one without requests. */
const maxAskers = 10_000;

/** Counts requests by caller. */
export function countAskers(): Askers {
  const shares = new Map<string, Share>();
  let inWork = 0;
  let recent = 0;
  return {
    begin(asker) {
      inWork += 1;
      const share = shares.get(asker) ?? { inWork: 0, recent: 0 };
      if (shares.size < maxAskers) shares.set(asker, share);
      share.inWork += 1;
      return (weight) => {
        inWork -= 1;
        share.inWork -= 1;
        share.recent += weight;
        recent += weight;
      };
    },
    inWork: () => inWork,
    asksMost(asker) {
      const share = shares.get(asker);
      const own = share ? share.inWork + share.recent : 0;
      return own * shares.size >= inWork + recent;
    },
    forgetHalf() {
      recent = 0;
      for (const [asker, share] of shares) {
        share.recent = share.recent < 0.5 ? 0 : share.recent / 2;
        recent += share.recent;
        if (share.inWork === 0 && share.recent === 0) shares.delete(asker);
      }
    },
  };
}

/** The items of the key with the most items, in their order. */
export function busiest<Thing>(things: Iterable<Thing>, keyOf: (thing: Thing) => unknown): Thing[] {
  let most: Thing[] = [];
  for (const group of Map.groupBy(things, keyOf).values()) if (group.length > most.length) most = group;
  return most;
}
