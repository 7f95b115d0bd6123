import type { InternalAddress } from '@agora/http';
import { approximateRows, findByIds, valuesAfter } from '@agora/database';
import { askForAll, projectionCheck, type Check } from '@agora/operations';
import { tombstoneVoterAside } from '../models/set-aside.js';
import { Voter } from '../models/voter.js';
import type { KnownUser } from '../users.js';

/** Finds which of these accounts there are. */
export type FindUsers = (ids: readonly number[]) => Promise<Map<number, KnownUser>>;

/** Asks auth's internal port. */
export const findUsersAt =
  (auth: InternalAddress): FindUsers =>
  (ids) =>
    askForAll<KnownUser>(auth, '/internal/users?ids=', ids, ({ id }) => id);

/** Voters are accounts, and tombstones where there is none. */
export const compareVoters = (findUsers: FindUsers): Check =>
  projectionCheck<Voter, KnownUser>({
    kind: 'voters',
    subject: 'user_id',
    countRows: () => approximateRows('voters'),
    idsAfter: (after, limit) => valuesAfter(Voter, 'id', after, limit),
    find: (ids, transaction) => findByIds(Voter, ids, transaction),
    ask: findUsers,
    // A voter whose key is another account's is a matter of their votes, which another check finds.
    differs: (voter, user) => (user === undefined) !== (voter.deletedAt !== null),
    correct: (id, user, transaction) => Voter.revive(id, transaction, user.account_key),
    placeTombstone: tombstoneVoterAside,
  });
