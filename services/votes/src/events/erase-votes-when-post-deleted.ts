import { postDeleted, type PostEnd } from '@agora/contracts';
import { requestErasures } from '@agora/database';
import { onBatch } from '@agora/messaging';
import { votesOnPost, votesWithPost } from '../models/erasures.js';
import { KnownPost } from '../models/known-post.js';

/**
 * Lets nobody vote for deleted posts again, and has their votes erased beside the consumer, however many they are. The votes on posts that were
 * set aside are kept with them.
 */
export const eraseVotesWhenPostDeleted = onBatch<PostEnd>([postDeleted], async (envelopes, transaction) => {
  const ended = envelopes.map(({ data }) => data);
  const gone = await KnownPost.placeTombstones(ended, transaction);
  const kept = new Set(ended.filter((end) => end.set_aside).map(({ post_id: id }) => id));
  const erased = gone.filter((id) => !kept.has(id));
  await requestErasures(votesOnPost, erased, transaction);
  await requestErasures(
    votesWithPost,
    gone.filter((id) => kept.has(id)),
    transaction,
  );
});
