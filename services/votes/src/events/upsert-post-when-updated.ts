import { postUpdated } from '@agora/contracts';
import { continueLater, on } from '@agora/messaging';
import { upsertPost } from '../models/upsert-post.js';

/** Records who may see a changed post. */
export const upsertPostWhenUpdated = on(postUpdated, async (state, transaction) =>
  (await upsertPost(state, transaction)) ? undefined : continueLater,
);
