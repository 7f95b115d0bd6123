import { parseId, type Description, type Handler } from '@agora/http';
import { readQuery } from '@agora/http/reads';
import { findCaller } from '@agora/identity';
import type { FindOwnVotes } from '../../votes.js';
import { answerPost, readConditions, taggedPost, unchangedPost } from './entity-tag.js';
import { includeParameter, viewsOf, type Include } from '../feed/my-vote.js';
import { postView } from './post-view.js';
import { postNotFound, requireVisiblePost } from './require-post.js';

const query = { include: includeParameter() };

/** `GET /posts/{id}`. */
export const showPost =
  (findOwnVotes: FindOwnVotes): Handler =>
  async (ctx) => {
    const caller = findCaller(ctx);
    const id = parseId(ctx.params.id);
    const { include } = readQuery<{ include?: Include }>(ctx, query);
    const post = await requireVisiblePost(id, caller);
    if (include === undefined) answerPost(ctx, post);
    // The tag does not cover the caller's vote, so there is no 304.
    else [ctx.body] = await viewsOf([post], include, caller?.userId, findOwnVotes);
  };

const shownPost = { summary: taggedPost.summary, body: postView, optionalHeaders: taggedPost.headers };

/** For the OpenAPI document. */
export const showPostDescription: Description = {
  name: 'getPost',
  summary: 'Get a post',
  details: 'Drafts are visible to their owner only.',
  query,
  headers: readConditions,
  answers: { 200: shownPost, 304: unchangedPost },
  refuses: [postNotFound(42)],
};
