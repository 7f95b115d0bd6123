import type { Handler } from '@agora/chassis';
import { answerPost } from './entity-tag.js';
import { postChanges } from './post-text.js';
import { rewriteOwnPost } from './rewrite-own-post.js';

/** `PATCH /posts/{id}`: replaces those parts of the caller's own post that the body holds. */
export const changePost: Handler = async (ctx) => answerPost(ctx, await rewriteOwnPost(ctx, postChanges));
