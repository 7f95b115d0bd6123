import { postUpdated } from '@agora/contracts';
import { on } from '@agora/messaging';
import { KnownPost } from '../models/known-post.js';

/** Learns who may see a post that was changed. */
export const learnOfPostWhenUpdated = on(postUpdated, (state, transaction) =>
  KnownPost.learn(state, transaction),
);
