import type { Place } from './history.js';

/** How far the live feed has sent both streams that it follows. */
export interface Position {
  posts: Place;
  votes: Place;
}

/** The `id` of an event: all up to this position was sent with it or before it. */
export const writePosition = ({ posts, votes }: Position): string =>
  `${posts.sequence}.${posts.mark}-${votes.sequence}.${votes.mark}`;

/** The position that a `Last-Event-ID` names; undefined when it is no id of ours. */
export function readPosition(id: string): Position | undefined {
  const [, posts, postsMark = '', votes, votesMark = ''] =
    /^(\d{1,15})\.([0-9a-f]{8,16})-(\d{1,15})\.([0-9a-f]{8,16})$/.exec(id) ?? [];
  if (posts === undefined || votes === undefined) return undefined;
  return {
    posts: { sequence: Number(posts), mark: postsMark },
    votes: { sequence: Number(votes), mark: votesMark },
  };
}
