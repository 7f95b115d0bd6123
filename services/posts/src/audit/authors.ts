import { approximateRows, findByIds, valuesAfter } from '@agora/database';
import { projectionCheck, type Check } from '@agora/operations';
import { Author, isSameAccount, type KnownUser } from '../models/author.js';
import { tombstoneAuthorAside } from '../models/set-aside.js';
import type { FindUsers } from '../users.js';

/** Authors are accounts as auth shows them, and tombstones where auth has none. */
export const compareAuthors = (findUsers: FindUsers): Check =>
  projectionCheck<Author, KnownUser>({
    kind: 'authors',
    subject: 'user_id',
    countRows: () => approximateRows('authors'),
    idsAfter: (after, limit) => valuesAfter(Author, 'id', after, limit),
    find: (ids, transaction) => findByIds(Author, ids, transaction),
    ask: findUsers,
    // An author whose key is another account's is a matter of their posts, which the next check finds.
    differs: (author, user) =>
      user
        ? !author.isAs(user) &&
          (author.deletedAt !== null || isSameAccount(author.accountKey, user.account_key))
        : author.deletedAt === null,
    correct: (_id, user, transaction) => Author.correct(user, transaction),
    placeTombstone: tombstoneAuthorAside,
  });
