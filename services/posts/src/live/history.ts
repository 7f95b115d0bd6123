/** An event about a post, at its place in its stream. */
export interface Fact {
  sequence: number;
  /** Hexadecimal digits that distinguish the event from any other that could have the same place, also in a stream that was created again. */
  mark: string;
  postId: number;
}

/** How far a stream was read: up to and with this event. */
export type Place = Pick<Fact, 'sequence' | 'mark'>;

/** Before the first event of a stream; no event has this mark. */
export const beginning: Place = { sequence: 0, mark: '00000000' };

/** The newest facts of a stream, in its order. */
export interface History<Kept extends Fact> {
  /** Forgets all; what comes next follows this place. */
  begin(place: Place): void;
  add(fact: Kept): void;
  /** Where the newest fact stands. */
  end(): Place;
  /** Where the newest fact with at most this sequence number stands. */
  placeAt(sequence: number): Place;
  /** The facts after a place up to a sequence number; undefined when the place is unknown here, or was forgotten. */
  between(after: Place, sequence: number): Kept[] | undefined;
}

/** Makes an empty history that keeps at least the newest `depth` facts, and at most twice as many. */
export function createHistory<Kept extends Fact>(depth: number): History<Kept> {
  let facts: Kept[] = [];
  let start = beginning;
  const lastUpTo = (sequence: number) => facts.findLastIndex((fact) => fact.sequence <= sequence);
  const placeAt = (sequence: number): Place => facts[lastUpTo(sequence)] ?? start;
  return {
    begin(place) {
      facts = [];
      start = place;
    },
    add(fact) {
      facts.push(fact);
      if (facts.length > 2 * depth) start = facts.splice(0, depth).at(-1) ?? start;
    },
    end: () => facts.at(-1) ?? start,
    placeAt,
    between(after, sequence) {
      const known = placeAt(after.sequence);
      if (known.sequence !== after.sequence || known.mark !== after.mark) return undefined;
      return facts.slice(lastUpTo(after.sequence) + 1, lastUpTo(sequence) + 1);
    },
  };
}
