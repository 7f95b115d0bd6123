import { askService, type InternalAddress } from '@agora/http';
import type { PostState } from '@agora/contracts';

/** Finds the state of a post; undefined when there is none. Throws a 503 when posts gives no answer. */
export type FindPostState = (id: number) => Promise<PostState | undefined>;

/** Asks the internal port of posts. */
export const findPostStateAt =
  (posts: InternalAddress): FindPostState =>
  (id) =>
    askService<PostState>(posts, `/internal/posts/${id}`);
