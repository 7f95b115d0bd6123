import { postCreated } from '@agora/contracts';
import { continueLater, on } from '@agora/messaging';
import { learnOfPost } from '../models/learn-of-post.js';

/** Learns that a post exists and who may see it. */
export const learnOfPostWhenCreated = on(postCreated, async (state, transaction) =>
  (await learnOfPost(state, transaction)) ? undefined : continueLater,
);
