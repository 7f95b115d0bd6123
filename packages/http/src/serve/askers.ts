/** How much each asker has in work and has had of late. */
export interface Askers {
  /** A request of an asker begins; the function that it returns takes what it weighed. */
  begin(asker: string): (weight: number) => void;
  /** How many requests are in work. */
  inWork(): number;
  /** Whether an asker has had at least as much as the average of all who ask. */
  asksMost(asker: string): boolean;
  /** To be called every second or so: what was long ago counts less and less. */
  forgetHalf(): void;
}

interface Share {
  inWork: number;
  recent: number;
}

/** Bounds the memory; further callers count as one without requests. */
const maxAskers = 10_000;

/** Counts what askers have a process do. */
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

/** Of things in some order those of the key that has most of them, in the same order. */
export function busiest<Thing>(things: Iterable<Thing>, keyOf: (thing: Thing) => unknown): Thing[] {
  let most: Thing[] = [];
  for (const group of Map.groupBy(things, keyOf).values()) if (group.length > most.length) most = group;
  return most;
}
