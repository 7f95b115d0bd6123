import { postUpdated } from '@agora/contracts';
import { continueLater, on } from '@agora/messaging';
import { upsertPost } from '../models/upsert-post.js';

/** Keeps who may see a post that was changed. */
export const upsertPostWhenUpdated = on(postUpdated, async (state, transaction) =>
  (await upsertPost(state, transaction)) ? undefined : continueLater,
);
