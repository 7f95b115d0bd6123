import { postDeleted } from '@agora/contracts';
import { requestErasures } from '@agora/database';
import { onBatch } from '@agora/messaging';
import { votesOnPost } from '../models/erasures.js';
import { KnownPost, type EndedPost } from '../models/known-post.js';

/** Lets nobody vote for deleted posts again, and has their votes erased beside the consumer, however many they are. */
export const eraseVotesWhenPostDeleted = onBatch<EndedPost>([postDeleted], async (envelopes, transaction) => {
  const ended = envelopes.map(({ data }) => data);
  await requestErasures(votesOnPost, await KnownPost.buryAll(ended, transaction), transaction);
});
