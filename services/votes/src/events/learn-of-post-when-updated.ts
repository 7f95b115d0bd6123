import { postUpdated } from '@agora/contracts';
import { continueLater, on } from '@agora/messaging';
import { learnOfPost } from '../models/learn-of-post.js';

/** Learns who may see a post that was changed. */
export const learnOfPostWhenUpdated = on(postUpdated, async (state, transaction) =>
  (await learnOfPost(state, transaction)) ? undefined : continueLater,
);
