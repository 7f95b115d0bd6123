import { askService } from '@agora/chassis';
import type { UserView } from './models/author.js';

/** Finds an account by its id; undefined when there is none. Throws a 503 when auth gives no answer. */
export type FindUser = (id: number) => Promise<UserView | undefined>;

/** Asks auth's internal port. */
export const findUserAt =
  (authOrigin: string): FindUser =>
  (id) =>
    askService<UserView>(authOrigin, `/internal/users/${id}`);
