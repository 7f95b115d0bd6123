import { parseId, type Handler } from '@agora/http';
import { Post } from '../../models/post.js';
import { postNotFound } from '../posts/require-post.js';

/** `GET /internal/posts/{id}`: whose a post is and whether it is published, for services whose projection lacks it. */
export const showPostState: Handler = async (ctx) => {
  const id = parseId(ctx.params.id);
  const post = await Post.findByPk(id);
  if (!post) throw postNotFound(id);
  ctx.body = post.toState();
};
