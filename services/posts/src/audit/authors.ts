import { findByIds, valuesAfter } from '@agora/database';
import type { InternalAddress } from '@agora/chassis';
import { askForAll, projectionCheck, type Check } from '@agora/operations';
import { Author, type UserView } from '../models/author.js';

/** Finds accounts by their ids, those that there are. */
export type FindUsers = (ids: readonly number[]) => Promise<Map<number, UserView>>;

/** Asks auth's internal port. */
export const findUsersAt =
  (auth: InternalAddress): FindUsers =>
  (ids) =>
    askForAll<UserView>(auth, '/internal/users?ids=', ids, ({ id }) => id);

/** Authors are accounts as auth shows them, and tombstones where auth has none. */
export const compareAuthors = (findUsers: FindUsers): Check =>
  projectionCheck<Author, UserView>({
    kind: 'authors',
    subject: 'user_id',
    idsAfter: (after, limit) => valuesAfter(Author, 'id', after, limit),
    find: (ids, transaction) => findByIds(Author, ids, transaction),
    ask: findUsers,
    differs: (author, user) => (user ? !author.isAs(user) : author.deletedAt === null),
    correct: (id, user, transaction) =>
      user ? Author.correct(user, transaction) : Author.bury(id, transaction),
  });
