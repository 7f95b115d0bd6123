import type { Logger } from '@agora/process';
import {
  postCreated,
  postDeleted,
  postUpdated,
  voteCast,
  voteRetracted,
  type EventDefinition,
} from '@agora/contracts';
import { findApplied, type Broker } from '@agora/messaging';
import type { Sequelize } from 'sequelize';
import { describePosts, describeVotes, type PostFact } from './describe.js';
import { followFacts, type Source } from './follow-facts.js';
import type { Fact } from './history.js';
import { readPosition, writePosition } from './position.js';
import type { LiveEvent } from './render-event.js';

interface HeardVote extends Fact {
  eventId: string;
  heardAt: number;
}

interface Told {
  post_id: number;
  published?: boolean;
  was_published?: boolean;
}

/** What there is to tell, read from the streams and the database; its functions must be called one after the other. */
export interface News {
  /** Reads what happened before; false when that must be tried again. */
  catchUp(): Promise<boolean>;
  /** Whether something was missed since this was last asked. */
  wasLost(): boolean;
  /** The `id` of the last event that was told. */
  position(): string;
  /** Tells what happened to posts since. */
  tellPosts(): Promise<void>;
  /** Tells the counts of posts whose votes were counted since. */
  tellVotes(): Promise<void>;
  /** What was told after the event of an id; `unknown` when that cannot be said, `ahead` when another replica has told more. */
  since(id: string): Promise<LiveEvent[] | 'unknown' | 'ahead'>;
  stop(): Promise<void>;
}

export interface NewsOptions {
  broker: Broker;
  database: Sequelize;
  logger: Logger;
  /** Called when a post has changed. */
  heardOfPost(): void;
  /** Takes what is told, with the ids of the last event before it and of the last in it. */
  tell(events: readonly LiveEvent[], before: string, after: string): void;
}

/** So few that even the largest posts fit what a client may leave unread. */
const postsAtOnce = 10;
const votesAtOnce = 2_000;
/** More to catch up with than this, and loading it anew is cheaper. */
const postsToResume = 500;
/** A vote event that is still not applied is a dead letter: it must not hold up the position for ever. */
const votePatience = 60_000;

/** Follows posts and votes for the live feed of this process. */
export function followNews({ broker, database, logger, heardOfPost, tell }: NewsOptions): News {
  let isLost = false;
  const common = { broker, logger, lost: () => void (isLost = true) };
  const posts = followFacts<Told, PostFact>({
    ...common,
    publisher: 'posts',
    events: [postCreated, postUpdated, postDeleted] as EventDefinition<Told>[],
    factOf: ({ type, data }, fact) => ({
      ...fact,
      was: wasPublished(type, data),
      is: data.published ?? false,
    }),
    heard: heardOfPost,
  });
  const votes = followFacts<{ post_id: number }, HeardVote>({
    ...common,
    publisher: 'votes',
    events: [voteCast, voteRetracted] as EventDefinition<{ post_id: number }>[],
    factOf: ({ id }, fact) => ({ ...fact, eventId: id, heardAt: performance.now() }),
    heard: () => undefined,
  });

  const position = () => writePosition({ posts: posts.told(), votes: votes.told() });
  const tellOf = <Kept extends Fact>(source: Source<Kept>, facts: readonly Kept[], events: LiveEvent[]) => {
    const before = position();
    source.markTold(facts);
    tell(events, before, position());
  };
  const findCounted = async (): Promise<HeardVote[]> => {
    const asked = votes.pending().slice(0, votesAtOnce);
    if (asked.length === 0) return [];
    const ids = asked.map(({ eventId }) => eventId);
    const applied = await findApplied(database, ids);
    const tooOld = performance.now() - votePatience;
    return asked.filter(({ eventId, heardAt }) => applied.has(eventId) || heardAt < tooOld);
  };

  return {
    async catchUp() {
      if (!posts.isCaughtUp() || !votes.isCaughtUp()) return false;
      posts.markTold(posts.pending());
      for (;;) {
        const counted = await findCounted();
        votes.markTold(counted);
        if (counted.length < votesAtOnce) break;
      }
      isLost = false;
      return true;
    },
    wasLost() {
      const was = isLost;
      isLost = false;
      return was;
    },
    position,
    async tellPosts() {
      // What is heard meanwhile comes in the next turn, so that counts have theirs.
      for (let left = posts.pending().length; left > 0; left -= postsAtOnce) {
        const facts = posts.pending().slice(0, postsAtOnce);
        tellOf(posts, facts, await describePosts(facts));
      }
    },
    async tellVotes() {
      const counted = await findCounted();
      tellOf(votes, counted, await describeVotes(counted));
    },
    async since(id) {
      const from = readPosition(id);
      if (!from) return 'unknown';
      if (from.posts.sequence > posts.history.end().sequence) return 'ahead';
      if (from.votes.sequence > votes.history.end().sequence) return 'ahead';
      const changed = posts.history.between(from.posts, posts.told().sequence);
      // Votes are told in whatever order they are counted: beyond what is told as a whole there are some that were.
      const counted = votes.history.between(from.votes, votes.history.end().sequence);
      if (!changed || !counted || countPosts([...changed, ...counted]) > postsToResume) return 'unknown';
      return [...(await describePosts(changed)), ...(await describeVotes(counted))];
    },
    async stop() {
      await Promise.all([posts.stop(), votes.stop()]);
    },
  };
}

/** Older releases did not say: then whoever may have seen the post is told. */
const wasPublished = (type: string, data: Told): boolean => data.was_published ?? type !== postCreated.type;

const countPosts = (facts: readonly Fact[]): number => new Set(facts.map(({ postId }) => postId)).size;
