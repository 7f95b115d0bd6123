import { askService, Problem, type InternalAddress } from '@agora/http';

/** An account as auth describes it. */
export interface KnownUser {
  id: number;
  account_key?: string;
}

/** Finds an account by its id; undefined when there is none. Throws a 503 when auth gives no answer. */
export type FindUser = (id: number) => Promise<KnownUser | undefined>;

/** Asks auth's internal port. */
export const findUserAt =
  (auth: InternalAddress): FindUser =>
  (id) =>
    askService<KnownUser>(auth, `/internal/users/${id}`);

/** Whether an error says that auth gives no answer. */
export const isAway = (error: unknown): boolean => error instanceof Problem && error.status === 503;
