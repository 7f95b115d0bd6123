import { findByIds, valuesAfter } from '@agora/database';
import type { InternalAddress } from '@agora/chassis';
import { askForAll, projectionCheck, type Check } from '@agora/operations';
import { Voter } from '../models/voter.js';

/** Finds which of these accounts there are. */
export type FindUsers = (ids: readonly number[]) => Promise<Map<number, { id: number }>>;

/** Asks auth's internal port. */
export const findUsersAt =
  (auth: InternalAddress): FindUsers =>
  (ids) =>
    askForAll<{ id: number }>(auth, '/internal/users?ids=', ids, ({ id }) => id);

/** Voters are accounts, and tombstones where there is none. */
export const compareVoters = (findUsers: FindUsers): Check =>
  projectionCheck<Voter, { id: number }>({
    kind: 'voters',
    subject: 'user_id',
    idsAfter: (after, limit) => valuesAfter(Voter, 'id', after, limit),
    find: (ids, transaction) => findByIds(Voter, ids, transaction),
    ask: findUsers,
    differs: (voter, user) => (user === undefined) !== (voter.deletedAt !== null),
    correct: (id, user, transaction) => (user ? Voter.revive(id, transaction) : Voter.bury(id, transaction)),
  });
