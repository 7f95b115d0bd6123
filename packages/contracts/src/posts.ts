import Joi from 'joi';
import { defineEvent, entityId } from './define-event.js';

/** What others may know of a post; `version` grows with every change, so of two states the higher one is the newer. */
export interface PostState {
  post_id: number;
  owner_id: number;
  published: boolean;
  version: number;
  post_key?: string;
  removed?: boolean;
}

/** A change of a post, with what was so before it; missing in events of older releases. */
export interface PostChange extends PostState {
  was_published?: boolean;
  restored?: boolean;
}

const postKey = Joi.string()
  .guid()
  .optional()
  .description(
    'A UUID (version 7) that no other post was or will be given, unlike the id, which a failover or a restored backup may give again. Of two posts with one id the one with the greater key is the newer. Missing for posts of older releases.',
  );

const postState = {
  post_id: entityId,
  owner_id: entityId,
  published: Joi.boolean(),
  version: Joi.number()
    .integer()
    .min(1)
    .description(
      'Grows with every change of a post; of two states the one with the higher version is the newer.',
    ),
  post_key: postKey,
  removed: Joi.boolean()
    .optional()
    .description('A moderator has removed it: then it is not published, whatever its author wants.'),
};

const wasPublished = Joi.boolean()
  .optional()
  .description('Whether it was published before. Missing in events of older releases.');

/** A post was created, published or as a draft. */
export const postCreated = defineEvent<PostState>('posts.post-created.v1', postState);

/** A post's text or its being published changed. */
export const postUpdated = defineEvent<PostChange>('posts.post-updated.v1', {
  ...postState,
  was_published: wasPublished,
  restored: Joi.boolean().optional().description('An operator had set it aside, and it is back.'),
});

/** A post that is gone. */
export interface PostEnd {
  post_id: number;
  post_key?: string;
  was_published?: boolean;
  set_aside?: boolean;
}

/** A post was deleted, by its owner or with its owner's account; its votes must go. */
export const postDeleted = defineEvent<PostEnd>('posts.post-deleted.v1', {
  post_id: entityId,
  post_key: postKey,
  was_published: wasPublished,
  set_aside: Joi.boolean()
    .optional()
    .description('An operator has set it aside and may bring it back, so its votes are kept likewise.'),
});
