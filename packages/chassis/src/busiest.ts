/** Of things in some order those of the key that has most of them, in the same order. */
export function busiest<Thing>(things: Iterable<Thing>, keyOf: (thing: Thing) => unknown): Thing[] {
  let most: Thing[] = [];
  for (const group of Map.groupBy(things, keyOf).values()) if (group.length > most.length) most = group;
  return most;
}
