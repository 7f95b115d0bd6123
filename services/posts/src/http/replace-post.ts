import type { Handler } from '@agora/chassis';
import { answerPost } from './entity-tag.js';
import { postText } from './post-text.js';
import { rewriteOwnPost } from './rewrite-own-post.js';

/** `PUT /posts/{id}`: replaces the text of the caller's own post. */
export const replacePost: Handler = async (ctx) => answerPost(ctx, await rewriteOwnPost(ctx, postText));
