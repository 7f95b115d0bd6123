import { valuesAfter } from '@agora/database';
import type { Handler } from '@agora/http';
import { integerParameter, readQuery } from '@agora/http/reads';
import { idsParameter, pageSize } from '@agora/operations/serving';
import { Post } from '../../models/post.js';

/**
 * `GET /internal/posts?ids=1,2`: the states of the posts that exist; `?after=7`: of the next posts. For services that
 * compare what they keep.
 */
export const listPostStates: Handler = async (ctx) => {
  const { ids, after } = readQuery<{ ids?: number[]; after: number }>(ctx, {
    ids: idsParameter,
    after: integerParameter({ min: 0, max: 2_147_483_647, fallback: 0 }),
  });
  const posts = await Post.findAll({
    where: { id: ids ?? (await valuesAfter(Post, 'id', after, pageSize)) },
    order: ['id'],
  });
  ctx.body = posts.map((post) => post.toState());
};
