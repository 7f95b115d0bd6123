import { askService, type InternalAddress } from '@agora/http';
import { askForAll } from '@agora/operations/serving';
import type { KnownUser } from './models/author.js';

/** Finds an account by its id; undefined when there is none. Throws a 503 when auth gives no answer. */
export type FindUser = (id: number) => Promise<KnownUser | undefined>;

/** Asks auth's internal port. */
export const findUserAt =
  (auth: InternalAddress): FindUser =>
  (id) =>
    askService<KnownUser>(auth, `/internal/users/${id}`);

/** Finds the existing accounts among the given ids. */
export type FindUsers = (ids: readonly number[]) => Promise<Map<number, KnownUser>>;

/** Asks auth's internal port. */
export const findUsersAt =
  (auth: InternalAddress): FindUsers =>
  (ids) =>
    askForAll<KnownUser>(auth, '/internal/users?ids=', ids, ({ id }) => id);
