import { findByIds, pendingErasures, valuesAfter } from '@agora/database';
import { userDeleted } from '@agora/contracts';
import { applyFact } from '@agora/messaging/operating';
import { referenceCheck, type Check } from '@agora/operations';
import { Author } from '../models/author.js';
import { postsOfAuthor } from '../models/erasures.js';
import { Post } from '../models/post.js';
import type { FindUsers } from '../users.js';

/** Nobody's posts are left once their account is gone. */
export const findOrphanedPosts = (findUsers: FindUsers): Check =>
  referenceCheck({
    kind: 'posts_without_author',
    subject: 'user_id',
    idsAfter: (after, limit) => valuesAfter(Post, 'ownerId', after, limit),
    async gone(ids) {
      const [users, authors] = [await findUsers(ids), await findByIds(Author, ids)];
      const gone = ids.filter((id) => !users.has(id) || authors.get(id)?.deletedAt !== null);
      const pending = await pendingErasures(postsOfAuthor, gone);
      return gone.filter((id) => !pending.has(id));
    },
    erase: (id, session) => applyFact(userDeleted, { user_id: id }, session),
  });
