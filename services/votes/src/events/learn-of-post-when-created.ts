import { postCreated } from '@agora/contracts';
import { on } from '@agora/messaging';
import { KnownPost } from '../models/known-post.js';

/** Learns that a post exists and who may see it. */
export const learnOfPostWhenCreated = on(postCreated, (state, transaction) =>
  KnownPost.learn(state, transaction),
);
