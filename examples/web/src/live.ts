import { signal } from '@preact/signals';
import { agora, me, type Post } from './agora.js';

/** The newest count of each post that has changed since this page was opened. */
export const votes = signal<ReadonlyMap<number, number>>(new Map());
/** Posts by others that came since the list was read. */
export const arrived = signal<readonly Post[]>([]);
/** Posts that changed or went, by id; null for those that went. */
export const changed = signal<ReadonlyMap<number, Post | null>>(new Map());
/** Grows when something was missed: read again what is shown. */
export const missed = signal(0);

let following: AbortController | undefined;

/** Follows the live feed for the logged-in user, one connection per window; it reconnects by itself. */
export async function follow(): Promise<void> {
  following?.abort();
  if (!me.value) return;
  const { signal: stop } = (following = new AbortController());
  try {
    for await (const { event, data } of agora.live({ signal: stop })) {
      if (event === 'votes') setVotes(data.id, data.votes);
      else if (event === 'post-deleted') changed.value = new Map(changed.value).set(data.id, null);
      else if (event === 'post-changed') changed.value = new Map(changed.value).set(data.id, data);
      else if (event === 'post-published') arrive(data);
      else readAgain();
    }
  } catch (error) {
    // The session has ended, or this user has too many streams: the page works without.
    console.warn('the live feed ended', error);
  }
}

/** What was heard before the gap may be older than what is read now, so it must not stand over it. */
function readAgain(): void {
  votes.value = new Map();
  changed.value = new Map();
  missed.value += 1;
}

export const setVotes = (id: number, count: number) => (votes.value = new Map(votes.value).set(id, count));

function arrive(post: Post): void {
  if (changed.value.get(post.id) === null) {
    const rest = new Map(changed.value);
    rest.delete(post.id);
    changed.value = rest;
  }
  if (post.owner_id !== me.value?.id) arrived.value = [...arrived.value, post];
}
