import Joi from 'joi';
import { defineEvent, entityId } from './define-event.js';

/** What others may know of a post; `version` grows with every change, so of two states the higher one is the newer. */
export interface PostState {
  post_id: number;
  owner_id: number;
  published: boolean;
  version: number;
}

const postState = {
  post_id: entityId,
  owner_id: entityId,
  published: Joi.boolean(),
  version: Joi.number().integer().min(1),
};

/** A post was written, as a draft or published. */
export const postCreated = defineEvent<PostState>('posts.post-created.v1', postState);

/** A post's text or its being published changed. */
export const postUpdated = defineEvent<PostState>('posts.post-updated.v1', postState);

/** A post was deleted, by its owner or with its owner's account; its votes must go. */
export const postDeleted = defineEvent<{ post_id: number }>('posts.post-deleted.v1', { post_id: entityId });
