/** Whether something was deleted: `asked` when that may have happened. */
type Deletion = 'none' | 'asked' | 'done';

/** An account that one client uses. */
export interface Account {
  id: number;
  email: string;
  password: string;
  token: string;
  deletion: Deletion;
  /** When the deletion was acknowledged, in milliseconds since 1970. */
  deletedAt?: number;
}

export interface KnownPost {
  id: number;
  title: string;
  author: Account;
  deletion: Deletion;
  deletedAt?: number;
}

/** A vote that was accepted although what it was for had been deleted; times in milliseconds since 1970. */
interface LateVote {
  post: KnownPost;
  /** When the vote was asked for. */
  at: number;
  deletedAt: number;
}

/** The vote of one user on one post: written by one client, one request after the other. */
interface VoteKey {
  account: Account;
  post: KnownPost;
  /** What it may be now: one value, or two after a request whose end nobody knows. */
  possible: ReadonlySet<boolean>;
}

/** What the clients know of Agora, by the answers that they got. */
export interface World {
  accounts: Account[];
  posts: KnownPost[];
  votes: Map<string, VoteKey>;
  /** Every title that was sent, also of posts of which no answer came. */
  titles: Set<string>;
  /** Posts that all clients are to vote on now, because they are about to be deleted. */
  hot: KnownPost[];
  lateVotes: LateVote[];
}

export const createWorld = (): World => ({
  accounts: [],
  posts: [],
  votes: new Map(),
  titles: new Set(),
  hot: [],
  lateVotes: [],
});

/** Whether a post may have gone, with its author or alone. */
export const mayBeGone = ({ deletion, author }: KnownPost): boolean =>
  deletion !== 'none' || author.deletion !== 'none';

/** Whether a post must have gone. */
export const isGone = ({ deletion, author }: KnownPost): boolean =>
  deletion === 'done' || author.deletion === 'done';

/** When the deletion of a post, by itself or with its author, was acknowledged; undefined while it was not. */
export function goneAt({ deletedAt = Infinity, author }: KnownPost): number | undefined {
  const at = Math.min(deletedAt, author.deletedAt ?? Infinity);
  return at === Infinity ? undefined : at;
}

/** The key of a user's vote on a post. */
export const voteKey = (account: Account, post: KnownPost): string => `${account.id}/${post.id}`;

/** Takes down what was deleted, or may have been. */
export function recordDeletion(of: Account | KnownPost, deletion: 'asked' | 'done'): void {
  of.deletion = deletion;
  if (deletion === 'done') of.deletedAt = Date.now();
}
