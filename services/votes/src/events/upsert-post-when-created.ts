import { postCreated } from '@agora/contracts';
import { continueLater, on } from '@agora/messaging';
import { upsertPost } from '../models/upsert-post.js';

/** Records that a post exists and who may see it. */
export const upsertPostWhenCreated = on(postCreated, async (state, transaction) =>
  (await upsertPost(state, transaction)) ? undefined : continueLater,
);
