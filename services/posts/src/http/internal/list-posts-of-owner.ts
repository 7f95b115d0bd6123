import { parseId, type Handler } from '@agora/http';
import { integerParameter, readQuery } from '@agora/http/reads';
import { listOwnAfter } from '../../models/own-posts.js';
import { viewOf } from '../../models/shown-post.js';

/** Few enough that even the longest posts do not burden the export. */
const pageSize = 50;
const query = { after: integerParameter({ min: 0, max: 2_147_483_647, fallback: 0 }) };

/** `GET /internal/users/{id}/posts?after=7`: the next posts of a user, drafts too, the oldest first, and where the page after them begins; for exports. */
export const listPostsOfOwner: Handler = async (ctx) => {
  const ownerId = parseId(ctx.params.id);
  const { after } = readQuery<{ after: number }>(ctx, query);
  const posts = await listOwnAfter(ownerId, after, pageSize);
  const last = posts.length === pageSize ? posts.at(-1) : undefined;
  ctx.body = { items: posts.map(viewOf), ...(last && { next: last.id }) };
};
