import { Post, shownCount } from '../models/post.js';
import { listPublished, viewOf } from '../models/shown-post.js';
import type { Fact } from './history.js';
import type { LiveEvent } from './render-event.js';

/** What an event of posts means to readers who may see published posts only. */
export interface PostFact extends Fact {
  /** Whether the post was public before the event. */
  was: boolean;
  /** Whether it is public since the event. */
  is: boolean;
}

/**
 * The events to send for some facts, in their order. They hold what the database says now, which is as new as the facts or newer: so even if
 * facts are sent twice, together or in another order, the last event of a post is right.
 */
export async function describePosts(facts: readonly PostFact[]): Promise<LiveEvent[]> {
  const wasPublished = new Map<number, boolean>();
  for (const { postId, was, is } of facts) {
    if ((was || is) && !wasPublished.has(postId)) wasPublished.set(postId, was);
  }
  if (wasPublished.size === 0) return [];
  const posts = await listPublished([...wasPublished.keys()]);
  const views = new Map(posts.map((post) => [post.id, viewOf(post)]));
  return [...wasPublished].map(([id, was]) => {
    const data = views.get(id);
    if (!data) return { event: 'post-deleted', data: { id } };
    return { event: was ? 'post-changed' : 'post-published', data };
  });
}

/** The counts of the public ones of the posts. */
export async function describeVotes(facts: readonly Fact[]): Promise<LiveEvent[]> {
  if (facts.length === 0) return [];
  const posts = await Post.listCounts(new Set(facts.map(({ postId }) => postId)));
  return posts.map(({ id, votes }) => ({ event: 'votes', data: { id, votes: shownCount(votes) } }));
}
