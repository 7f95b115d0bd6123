import type { Places } from './follow-facts.js';
import { beginning, type Place } from './history.js';

/** How far the live feed was sent, in all streams that it follows. */
export interface Position {
  posts: Places;
  votes: Places;
}

/**
 * The `id` of an event: all up to this position was sent with it or before it. First come the places in partition 0 of posts and of votes, which are
 * all that releases without partitions know, then those in other partitions in which something was sent: `12.<mark>-34.<mark>-v3.7.<mark>`.
 */
export const writePosition = ({ posts, votes }: Position): string =>
  [placeIn(posts), placeIn(votes), ...othersOf('p', posts), ...othersOf('v', votes)].join('-');

const placeIn = (places: Places) => write(places.get(0) ?? beginning);
const write = ({ sequence, mark }: Place) => `${sequence}.${mark}`;

const othersOf = (letter: 'p' | 'v', places: Places): string[] =>
  [...places]
    .filter(([partition, { sequence }]) => partition > 0 && sequence > 0)
    .map(([partition, place]) => `${letter}${partition}.${write(place)}`);

const place = String.raw`\d{1,15}\.[0-9a-f]{8,16}`;
const form = new RegExp(String.raw`^(${place})-(${place})((?:-[pv]\d{1,2}\.${place}){0,30})$`);

/** The position that a `Last-Event-ID` names; undefined when it is no id of ours. */
export function readPosition(id: string): Position | undefined {
  const [, posts, votes, others = ''] = form.exec(id) ?? [];
  if (posts === undefined || votes === undefined) return undefined;
  const named = others.split('-').filter(Boolean);
  const places = (letter: 'p' | 'v', first: string) =>
    new Map([
      [0, read(first)],
      ...named
        .filter((each) => each.startsWith(letter))
        .map((each): [number, Place] => {
          const end = each.indexOf('.');
          return [Number(each.slice(1, end)), read(each.slice(end + 1))];
        }),
    ]);
  return { posts: places('p', posts), votes: places('v', votes) };
}

function read(text: string): Place {
  const [sequence, mark = ''] = text.split('.');
  return { sequence: Number(sequence), mark };
}
