import { approximateRows, findByIds, valuesAfter } from '@agora/database';
import type { InternalAddress } from '@agora/http';
import type { PostState } from '@agora/contracts';
import { askForAll, askOwner, projectionCheck, type Check } from '@agora/operations';
import { KnownPost } from '../models/known-post.js';

/** Finds the states of the existing posts among the given ids. */
export type FindPosts = (ids: readonly number[]) => Promise<Map<number, PostState>>;

/** Asks the internal port of posts. */
export const findPostsAt =
  (posts: InternalAddress): FindPosts =>
  (ids) =>
    askForAll<PostState>(posts, '/internal/posts?ids=', ids, ({ post_id: id }) => id);

/** What is known of posts is their state, and a tombstone where there is none. */
export const compareKnownPosts = (findPosts: FindPosts): Check =>
  projectionCheck<KnownPost, PostState>({
    kind: 'known_posts',
    subject: 'post_id',
    countRows: () => approximateRows('known_posts'),
    idsAfter: (after, limit) => valuesAfter(KnownPost, 'id', after, limit),
    find: (ids, transaction) => findByIds(KnownPost, ids, transaction),
    ask: findPosts,
    differs: (known, state) => (state ? !known.isAs(state) : known.deletedAt === null),
    correct: (_id, state, transaction) => KnownPost.correct(state, transaction),
    // posts still has everything that is lost with it.
    placeTombstone: (id, _how, transaction) => KnownPost.placeTombstone(id, transaction),
  });

/** Upserts all posts; returns how many were missing or outdated here. */
export async function upsertAllPosts(posts: InternalAddress): Promise<number> {
  let upserted = 0;
  for (let after = 0; ;) {
    const page = (await askOwner<PostState[]>(posts, `/internal/posts?after=${after}`)) ?? [];
    const last = page.at(-1);
    if (!last) return upserted;
    upserted += (await KnownPost.upsertAll(page)).upserted;
    after = last.post_id;
  }
}
