/** How many requests of each caller are in flight, and how much it has requested lately. */
export interface CallerCounts {
  /** Counts a request of a caller; call the returned function at its end, with its weight. */
  begin(caller: string): (weight: number) => void;
  /** How many requests are in flight. */
  inWork(): number;
  /** Whether a caller has requested at least as much as the average caller. */
  isAmongBusiest(caller: string): boolean;
  /** To be called about every second: older requests count less and less. */
  forgetHalf(): void;
}

interface Share {
  inWork: number;
  recent: number;
}

/** Bounds the memory; further callers count as one without requests. */
const maxCallers = 10_000;

/** Counts requests by caller. */
export function countCallers(): CallerCounts {
  const shares = new Map<string, Share>();
  let inWork = 0;
  let recent = 0;
  return {
    begin(caller) {
      inWork += 1;
      const share = shares.get(caller) ?? { inWork: 0, recent: 0 };
      if (shares.size < maxCallers) shares.set(caller, share);
      share.inWork += 1;
      return (weight) => {
        inWork -= 1;
        share.inWork -= 1;
        share.recent += weight;
        recent += weight;
      };
    },
    inWork: () => inWork,
    isAmongBusiest(caller) {
      const share = shares.get(caller);
      const own = share ? share.inWork + share.recent : 0;
      return own * shares.size >= inWork + recent;
    },
    forgetHalf() {
      recent = 0;
      for (const [caller, share] of shares) {
        share.recent = share.recent < 0.5 ? 0 : share.recent / 2;
        recent += share.recent;
        if (share.inWork === 0 && share.recent === 0) shares.delete(caller);
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
