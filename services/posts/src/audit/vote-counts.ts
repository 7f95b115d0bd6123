import type { InternalAddress } from '@agora/http';
import { voteCast, voteRetracted } from '@agora/contracts';
import { approximateRows, inTransaction, valuesAfter } from '@agora/database';
import { findUnapplied } from '@agora/messaging/operating';
import { askForAll, askOwner, pagesOf, type Check, type Finding } from '@agora/operations';
import { Post } from '../models/post.js';

/** How votes answers. */
interface VoteCount {
  post_id: number;
  votes: number;
}
interface RecentVotes extends VoteCount {
  /** What was published about the post lately, as of the same instant. */
  events: { id: string; change: number }[];
}

/** Every count of votes is the number of votes, except for events that have not been applied. */
export const compareVoteCounts = (votes: InternalAddress): Check => ({
  kind: 'vote_counts',
  countRows: () => approximateRows('posts'),
  pages: () => pagesOf((after, limit) => valuesAfter(Post, 'id', after, limit)),
  async compare(ids) {
    const counts = await Post.countsOf(ids);
    const path = '/internal/votes?post_ids=';
    const truths = await askForAll<VoteCount>(votes, path, ids, ({ post_id: id }) => id);
    return ids.filter((id) => counts.has(id) && counts.get(id) !== (truths.get(id)?.votes ?? 0));
  },
  examine: (id, session) =>
    inTransaction(async (transaction): Promise<Finding | undefined> => {
      // While the post is held no event changes its count, and what is applied to it was committed in votes before votes is asked.
      const count = await Post.holdCount(id, transaction);
      const path = `/internal/votes/${id}?since=${session.since.toISOString()}`;
      const truth = await askOwner<RecentVotes>(votes, path);
      if (count === undefined || !truth) return undefined;
      const changes = new Map(truth.events.map((event) => [event.id, event.change]));
      for (const { envelope } of session.awaited('post_id', id)) {
        if (envelope.type === voteCast.type) changes.set(envelope.id, 1);
        if (envelope.type === voteRetracted.type) changes.set(envelope.id, -1);
      }
      const unapplied = await findUnapplied(session.database, [...changes.keys()]);
      const coming = unapplied.reduce((sum, event) => sum + (changes.get(event.event_id) ?? 0), 0);
      const expected = truth.votes - coming;
      if (count === expected) return undefined;
      if (session.repair) await Post.update({ votes: expected }, { where: { id }, transaction });
      return { problem: `counts ${count} votes, and has ${expected}`, rows: 1, remedy: 'repair' };
    }),
});
