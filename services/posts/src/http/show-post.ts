import { parseId, type Description, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { postView } from './post-view.js';
import { postNotFound, requireVisiblePost } from './require-post.js';

/** `GET /posts/{id}`. */
export const showPost: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const post = await requireVisiblePost(parseId(ctx.params.id), userId);
  ctx.body = post.toView();
};

/** What clients are told of it. */
export const showPostDescription: Description = {
  name: 'showPost',
  summary: 'Show a post',
  answers: { 200: { summary: 'The post.', body: postView } },
  refuses: [postNotFound(42)],
};
