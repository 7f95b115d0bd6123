import { forbidden, notFound, unauthorized } from '@agora/http';
import { findVisible, isOwnedBy, type ShownPost, type Viewer } from '../../models/shown-post.js';

/** The post, if the reader may see it; else throws 404, the same for a missing post and for another author's draft. */
export async function requireVisiblePost(id: number, viewer: Viewer | undefined): Promise<ShownPost> {
  const post = await findVisible(id, viewer);
  if (!post) throw postNotFound(id);
  return post;
}

/** The post, if it is the user's; else throws 404 if the user may not see it, 403 if it is another author's, and 401 if the user's id is another account's by now. */
export async function requireOwnPost(id: number, viewer: Viewer): Promise<ShownPost> {
  const post = await requireVisiblePost(id, viewer);
  if (!isOwnedBy(post, viewer))
    throw post.owner_id === viewer.userId ? unauthorized('invalid_token') : notOwner();
  return post;
}

/** 404 for a post. */
export const postNotFound = (id: number) => notFound('post_not_found', `Post ${id} does not exist.`);

/** 403 for another author's post. */
export const notOwner = () => forbidden('not_owner', 'Only the owner of a post may change or delete it.');
