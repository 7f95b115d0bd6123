import { askService, type InternalAddress } from '@agora/chassis';
import type { UserView } from './models/author.js';

/** Finds an account by its id; undefined when there is none. Throws a 503 when auth gives no answer. */
export type FindUser = (id: number) => Promise<UserView | undefined>;

/** Asks auth's internal port. */
export const findUserAt =
  (auth: InternalAddress): FindUser =>
  (id) =>
    askService<UserView>(auth, `/internal/users/${id}`);
