import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Random choices that a seed decides. */
export interface Random {
  /** An integer from 0, less than `end`. */
  below(end: number): number;
  pick<Item>(items: readonly Item[]): Item;
  shuffle<Item>(items: readonly Item[]): Item[];
}

/** A stream of choices of its own for each `purpose`: were load and faults to share one, no seed would give the same faults twice. */
export function randomFor(seed: number, purpose: string): Random {
  const generator = xoroshiro128plus(hash(`${seed}/${purpose}`));
  const below = (end: number) => uniformInt(generator, 0, end - 1);
  const random: Random = {
    below,
    pick: <Item>(items: readonly Item[]) => {
      if (items.length === 0) throw new RangeError('there is nothing to pick from');
      return items[below(items.length)] as Item;
    },
    shuffle: (items) =>
      items
        .map((item) => ({ item, key: below(2 ** 31) }))
        .toSorted((one, other) => one.key - other.key)
        .map(({ item }) => item),
  };
  return random;
}

/** Over how many streams events are split in a run with this seed: in half of them over more than one. */
export const drawPartitions = (seed: number): number => randomFor(seed, 'partitions').pick([1, 1, 2, 4]);

/** FNV-1a, 32 bits. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (const byte of Buffer.from(text)) value = Math.imul(value ^ byte, 0x01000193);
  return value;
}
