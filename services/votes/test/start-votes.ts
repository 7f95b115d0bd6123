import {
  freshId,
  httpClient,
  query,
  shareAgora,
  startAgora,
  stubService,
  tokenFor,
  type Agora,
  type Answer,
} from '@agora/testing';

/** votes with a stub for posts, which knows the posts that `newPost` created. */
export interface Votes {
  agora: Agora;
  vote(userId: number, postId: unknown, dir: unknown): Promise<Answer>;
  /** A post that posts knows of and votes does not. */
  newPost(state?: { published?: boolean; owner_id?: number; version?: number; post_id?: number }): number;
  /** How often posts was asked for a post. */
  asked(postId: number): number;
  votersOf(postId: number): Promise<number[]>;
  stopPosts(): Promise<void>;
  stop(): Promise<void>;
}

/** Shares a votes with default settings with other files, or starts one with the given settings for this file alone. */
export async function startVotes(environment?: Record<string, string>): Promise<Votes> {
  const states = new Map<number, object>();
  const asked: number[] = [];
  const agora = await (environment ? startAgora(['votes'], { environment }) : shareAgora(['votes']));
  const posts = await stubService(agora.ports.posts.internalPort, (path) => {
    const id = Number(/^\/internal\/posts\/(\d+)$/.exec(path)?.[1]);
    asked.push(id);
    return states.get(id);
  });
  const ask = httpClient(agora.process('votes').url);
  return {
    agora,
    vote: (userId, postId, dir) =>
      ask('POST', '/vote', { token: tokenFor(userId), json: { post_id: postId, dir } }),
    newPost({ post_id: id = freshId(), ...state } = {}) {
      states.set(id, { post_id: id, owner_id: freshId(), published: true, version: 1, ...state });
      return id;
    },
    asked: (postId) => asked.filter((id) => id === postId).length,
    async votersOf(postId) {
      const rows = await query<{ user_id: number }>(
        'SELECT user_id FROM votes.votes WHERE post_id = $1 ORDER BY 1',
        [postId],
      );
      return rows.map(({ user_id: id }) => id);
    },
    stopPosts: () => posts.stop(),
    async stop() {
      await Promise.all([posts.stop(), agora.stop()]);
    },
  };
}
