import { integerParameter, readQuery, text, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { Post } from '../models/post.js';

/** `GET /posts`: the caller's own posts, drafts too, newest first. */
export const listOwnPosts: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const query = readQuery<{ limit: number; skip: number; search: string }>(ctx, {
    limit: integerParameter({ min: 1, max: 100, fallback: 10 }),
    skip: integerParameter({ min: 0, max: 10_000, fallback: 0 }),
    search: text({ max: 200 }).default(''),
  });
  const posts = await Post.listOwn(userId, query);
  ctx.body = posts.map((post) => post.toView());
};
