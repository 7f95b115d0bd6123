import { approximateRows, findByIds, pendingErasures, valuesAfter } from '@agora/database';
import { referenceCheck, type Check } from '@agora/operations';
import { Author, isSameAccount } from '../models/author.js';
import { postsOfAuthor } from '../models/erasures.js';
import { Post } from '../models/post.js';
import { setAuthorAside } from '../models/set-aside.js';
import type { FindUsers } from '../users.js';

/** Nobody's posts are left once their account is gone, or its id is another account's. */
export const findOrphanedPosts = (findUsers: FindUsers): Check =>
  referenceCheck({
    kind: 'posts_without_author',
    subject: 'user_id',
    countRows: () => approximateRows('posts'),
    idsAfter: (after, limit) => valuesAfter(Post, 'ownerId', after, limit),
    async gone(ids) {
      const [users, authors] = [await findUsers(ids), await findByIds(Author, ids)];
      const gone = ids.filter((id) => {
        const user = users.get(id);
        return !user || !isSameAccount(authors.get(id)?.accountKey ?? null, user.account_key);
      });
      const pending = await pendingErasures(postsOfAuthor, gone);
      return gone.filter((id) => !pending.has(id));
    },
    countOf: (id) => Post.count({ where: { ownerId: id } }),
    setAside: setAuthorAside,
  });
