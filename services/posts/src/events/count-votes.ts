import { voteCast, voteRetracted, type VoteFact } from '@agora/contracts';
import { onBatch } from '@agora/messaging';
import { Post } from '../models/post.js';

/** Keeps each post's count of votes: one write per post and batch, however many votes a hot post gets. */
export const countVotes = onBatch<VoteFact>([voteCast, voteRetracted], async (envelopes, transaction) => {
  const deltas = new Map<number, number>();
  for (const { type, data } of envelopes) {
    const change = type === voteCast.type ? 1 : -1;
    deltas.set(data.post_id, (deltas.get(data.post_id) ?? 0) + change);
  }
  await Post.addVotes(deltas, transaction);
});
