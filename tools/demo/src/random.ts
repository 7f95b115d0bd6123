/** Random numbers that a seed decides. */
export interface Random {
  /** At least 0, less than 1. */
  next(): number;
  /** An integer from 0, less than `end`. */
  below(end: number): number;
  pick<Item>(items: readonly Item[]): Item;
  /** The items in another order; the given array stays as it is. */
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** Equal seeds give equal numbers, on every machine. */
export function seededRandom(seed: number): Random {
  const next = mulberry32(seed);
  const below = (end: number) => Math.floor(next() * end);
  return {
    next,
    below,
    pick: <Item>(items: readonly Item[]) => {
      if (items.length === 0) throw new RangeError('There is nothing to pick from.');
      return items[below(items.length)] as Item;
    },
    shuffle: (items) =>
      items
        .map((item) => ({ item, key: next() }))
        .toSorted((one, other) => one.key - other.key)
        .map(({ item }) => item),
  };
}

/** Tommy Ettinger's Mulberry32, public domain: 32 bits of state are plenty for made-up posts. */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
