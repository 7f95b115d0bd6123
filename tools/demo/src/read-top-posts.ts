import { setTimeout as sleep } from 'node:timers/promises';
import pLimit from 'p-limit';
import type { Agora } from './agora.js';
import type { Made } from './fill-agora.js';

/** A post as Agora shows it. */
interface ShownPost {
  id: number;
  title: string;
  votes: number;
  owner: { name: string };
}

/** The most voted-for posts of this run, and how many posts do not show all votes that they got. */
export interface TopPosts {
  posts: ShownPost[];
  behind: number;
}

/** Reads the posts until their counts are what was cast, at least, for `patience` milliseconds at most. */
export async function readTopPosts(
  agora: Agora,
  made: Made,
  signal: AbortSignal,
  patience: number,
): Promise<TopPosts> {
  const deadline = Date.now() + patience;
  const shown = new Map<number, ShownPost>();
  let behind = made.votesOf.flatMap((cast, index) => ({ cast, id: made.postIds[index] ?? 0 }));
  while (behind.length > 0) {
    const posts = await readPosts(
      agora,
      made,
      behind.map(({ id }) => id),
    );
    for (const post of posts) shown.set(post.id, post);
    behind = behind.filter(({ id, cast }) => (shown.get(id)?.votes ?? 0) < cast);
    if (behind.length === 0 || Date.now() > deadline) break;
    await sleep(100, undefined, { signal });
  }
  const posts = [...shown.values()].toSorted((one, other) => other.votes - one.votes || one.id - other.id);
  return { posts: posts.slice(0, 5), behind: behind.length };
}

async function readPosts(agora: Agora, { users: [reader] }: Made, ids: number[]): Promise<ShownPost[]> {
  const limit = pLimit(8);
  const token = await reader?.token();
  return Promise.all(ids.map((id) => limit(() => agora.get<ShownPost>(`/posts/${id}`, token))));
}
