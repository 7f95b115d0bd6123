import {
  freshId,
  httpClient,
  shareAgora,
  startAgora,
  stubService,
  tokenFor,
  type Agora,
  type HttpClient,
} from '@agora/testing';

/** posts with a stub for auth, which knows the users that `newAuthor` created. */
export interface Posts {
  agora: Agora;
  ask: HttpClient;
  newAuthor(): { id: number; token: string };
  /** Changes what auth answers about a user from now on. */
  change(id: number, values: object): void;
  /** Has auth forget a user. */
  forget(id: number): void;
  stopAuth(): Promise<void>;
  stop(): Promise<void>;
}

/** Shares a posts with default settings with other files, or starts one with the given settings for this file alone. */
export async function startPosts(environment?: Record<string, string>): Promise<Posts> {
  const users = new Map<number, object>();
  const agora = await (environment ? startAgora(['posts'], { environment }) : shareAgora(['posts']));
  const auth = await stubService(agora.ports.auth.internalPort, (path) => {
    const [, ids] = /^\/internal\/users\?ids=([\d,]+)$/.exec(path) ?? [];
    if (ids !== undefined) return ids.split(',').flatMap((id) => users.get(Number(id)) ?? []);
    return users.get(Number(/^\/internal\/users\/(\d+)$/.exec(path)?.[1]));
  });
  return {
    agora,
    ask: httpClient(agora.process('posts').url),
    newAuthor() {
      const id = freshId();
      users.set(id, { id, name: `author_${id}`, version: 1, created_at: '2026-01-02T03:04:05.678Z' });
      return { id, token: tokenFor(id) };
    },
    change: (id, values) => void users.set(id, { ...users.get(id), ...values }),
    forget: (id) => void users.delete(id),
    stopAuth: () => auth.stop(),
    async stop() {
      await Promise.all([auth.stop(), agora.stop()]);
    },
  };
}
