import { findByIds, valuesAfter } from '@agora/database';
import { projectionCheck, type Check } from '@agora/operations';
import { Author, type KnownUser } from '../models/author.js';
import type { FindUsers } from '../users.js';

/** Authors are accounts as auth shows them, and tombstones where auth has none. */
export const compareAuthors = (findUsers: FindUsers): Check =>
  projectionCheck<Author, KnownUser>({
    kind: 'authors',
    subject: 'user_id',
    idsAfter: (after, limit) => valuesAfter(Author, 'id', after, limit),
    find: (ids, transaction) => findByIds(Author, ids, transaction),
    ask: findUsers,
    differs: (author, user) => (user ? !author.isAs(user) : author.deletedAt === null),
    correct: (id, user, transaction) =>
      user ? Author.correct(user, transaction) : Author.bury(id, transaction),
  });
