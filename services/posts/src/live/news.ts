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

interface ReceivedVote extends Fact {
  eventId: string;
  receivedAt: number;
}

interface PostData {
  post_id: number;
  published?: boolean;
  was_published?: boolean;
}

/** The events of the live feed, made of the streams and the database; its functions must be called one after the other. */
export interface News {
  /** Reads earlier events; resolves to false when that must be retried. */
  catchUp(): Promise<boolean>;
  /** Whether something was missed since this was last asked. */
  wasLost(): boolean;
  /** The `id` of the last event that was sent. */
  position(): string;
  /** Sends what happened to posts since. */
  sendPosts(): Promise<void>;
  /** Sends the counts of posts whose votes were counted since. */
  sendVotes(): Promise<void>;
  /** The events sent after the one with `id`; `unknown` when the id is not known, `ahead` when another replica has sent more. */
  since(id: string): Promise<LiveEvent[] | 'unknown' | 'ahead'>;
  stop(): Promise<void>;
}

export interface NewsOptions {
  broker: Broker;
  database: Sequelize;
  logger: Logger;
  /** Called when a post has changed. */
  postReceived(): void;
  /** Called with the events to send, the id of the last event before them, and the id of the last of them. */
  send(events: readonly LiveEvent[], before: string, after: string): void;
}

/** Few enough that even the largest posts fit into what a client may leave unread. */
const postsAtOnce = 10;
const votesAtOnce = 2_000;
/** With more than this to resume, it is cheaper for the client to load everything again. */
const postsToResume = 500;
/** A vote event that is still not applied is a dead letter: it must not hold up the position for ever. */
const votePatience = 60_000;

/** Follows posts and votes for the live feed of this process. */
export function followNews({ broker, database, logger, postReceived, send }: NewsOptions): News {
  let isLost = false;
  const common = { broker, logger, lost: () => void (isLost = true) };
  const posts = followFacts<PostData, PostFact>({
    ...common,
    publisher: 'posts',
    events: [postCreated, postUpdated, postDeleted] as EventDefinition<PostData>[],
    factOf: ({ type, data }, fact) => ({
      ...fact,
      was: wasPublished(type, data),
      is: data.published ?? false,
    }),
    received: postReceived,
  });
  const votes = followFacts<{ post_id: number }, ReceivedVote>({
    ...common,
    publisher: 'votes',
    events: [voteCast, voteRetracted] as EventDefinition<{ post_id: number }>[],
    factOf: ({ id }, fact) => ({ ...fact, eventId: id, receivedAt: performance.now() }),
    received: () => undefined,
  });

  const position = () => writePosition({ posts: posts.sent(), votes: votes.sent() });
  const sendOf = <Kept extends Fact>(source: Source<Kept>, facts: readonly Kept[], events: LiveEvent[]) => {
    const before = position();
    source.markSent(facts);
    send(events, before, position());
  };
  const findCounted = async (): Promise<ReceivedVote[]> => {
    const asked = votes.pending(votesAtOnce);
    if (asked.length === 0) return [];
    const ids = asked.map(({ eventId }) => eventId);
    const applied = await findApplied(database, ids);
    const tooOld = performance.now() - votePatience;
    return asked.filter(({ eventId, receivedAt }) => applied.has(eventId) || receivedAt < tooOld);
  };

  return {
    async catchUp() {
      if (!posts.isCaughtUp() || !votes.isCaughtUp()) return false;
      posts.markSent(posts.pending());
      for (;;) {
        const counted = await findCounted();
        votes.markSent(counted);
        if (counted.length === 0) break;
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
    async sendPosts() {
      // What is received meanwhile waits for the next turn, so that counts get theirs.
      for (let left = posts.pending().length; left > 0; left -= postsAtOnce) {
        const facts = posts.pending().slice(0, postsAtOnce);
        sendOf(posts, facts, await describePosts(facts));
      }
    },
    async sendVotes() {
      const counted = await findCounted();
      sendOf(votes, counted, await describeVotes(counted));
    },
    async since(id) {
      const from = readPosition(id);
      if (!from) return 'unknown';
      // A client that has an event which this replica is still to send would get it twice.
      if (posts.isBehind(from.posts, 'sent') || votes.isBehind(from.votes, 'received')) return 'ahead';
      const changed = posts.since(from.posts, 'sent');
      // Votes are sent in the order in which they are counted, so some beyond the position were sent already.
      const counted = votes.since(from.votes, 'received');
      if (!changed || !counted || countPosts([...changed, ...counted]) > postsToResume) return 'unknown';
      return [...(await describePosts(changed)), ...(await describeVotes(counted))];
    },
    async stop() {
      await Promise.all([posts.stop(), votes.stop()]);
    },
  };
}

/** Events of older releases lack the field; the post then counts as published, so that every reader who may have seen it gets the event. */
const wasPublished = (type: string, data: PostData): boolean =>
  data.was_published ?? type !== postCreated.type;

const countPosts = (facts: readonly Fact[]): number => new Set(facts.map(({ postId }) => postId)).size;
