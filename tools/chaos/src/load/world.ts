/** Whether something was deleted: `asked` when that may have happened. */
type Deletion = 'none' | 'asked' | 'done';

/** An account that one client uses. */
export interface Account {
  id: number;
  email: string;
  /** Empty after a request with an unknown outcome. */
  password: string;
  token: string;
  refreshToken: string;
  deletion: Deletion;
  /** What it may be called now: one name, or two after a request with an unknown outcome. */
  names: ReadonlySet<string>;
  /** Whether it is banned; `maybe` after a request with an unknown outcome; then nothing more is sent for it. */
  ban: 'none' | 'maybe' | 'banned';
  /** Whether the confirmation of its address was acknowledged. */
  confirmed: boolean;
  /** When the deletion was acknowledged, in milliseconds since 1970. */
  deletedAt?: number;
}

export interface KnownPost {
  id: number;
  title: string;
  author: Account;
  deletion: Deletion;
  deletedAt?: number;
  /** Whether a moderator has removed it; undefined before anybody asked for that, `maybe` as for a ban. */
  removal?: 'maybe' | 'removed' | 'restored';
  /** When its removal last began or ended to be possible, in milliseconds since 1970. */
  removalChangedAt?: number;
}

/** Another user's vote that was accepted while a post was removed. */
interface HiddenVote {
  post: KnownPost;
  /** When it was asked for, in milliseconds since 1970. */
  at: number;
}

interface KnownReport {
  post: KnownPost;
  reporter: Account;
}

/** A mail that Agora has promised, except the one that asks to confirm the address of a new account. */
interface AskedMail {
  account: Account;
  subject: string;
  /** Whether the promise was acknowledged. */
  isCertain: boolean;
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
  /** What it may be now: one value, or two after a request with an unknown outcome. */
  possible: ReadonlySet<boolean>;
  /** When that last changed, by the monotonic clock in milliseconds. */
  changedAt: number;
}

/** What the clients know of Agora, by the answers that they got. */
export interface World {
  /** The highest ids that were given before: nothing is known of these. */
  strangers: { account: number; post: number };
  accounts: Account[];
  posts: KnownPost[];
  votes: Map<string, VoteKey>;
  /** Every title that was sent, including posts without an answer. */
  titles: Set<string>;
  /** Posts that all clients are to vote on now, because they are about to be deleted. */
  hot: KnownPost[];
  lateVotes: LateVote[];
  hiddenVotes: HiddenVote[];
  reports: KnownReport[];
  mails: AskedMail[];
}

export const createWorld = (strangers = { account: 0, post: 0 }): World => ({
  strangers,
  accounts: [],
  posts: [],
  votes: new Map(),
  titles: new Set(),
  hot: [],
  lateVotes: [],
  hiddenVotes: [],
  reports: [],
  mails: [],
});

/** Whether a post may have gone, with its author or alone. */
export const mayBeGone = ({ deletion, author }: KnownPost): boolean =>
  deletion !== 'none' || author.deletion !== 'none';

/** Whether a post must have gone. */
export const isGone = ({ deletion, author }: KnownPost): boolean =>
  deletion === 'done' || author.deletion === 'done';

/** Whether a post may have been hidden from others at any time since `at`, in milliseconds since 1970. */
export const mayBeHidden = ({ removal, removalChangedAt = -Infinity }: KnownPost, at: number): boolean =>
  removal === 'maybe' || removal === 'removed' || removalChangedAt >= at;

/** Records the outcome of the removal of a post. */
export function recordRemoval(post: KnownPost, removal: 'maybe' | 'removed' | 'restored'): void {
  post.removal = removal;
  post.removalChangedAt = Date.now();
}

/** When the deletion of a post, by itself or with its author, was acknowledged; undefined while it was not. */
export function goneAt({ deletedAt = Infinity, author }: KnownPost): number | undefined {
  const at = Math.min(deletedAt, author.deletedAt ?? Infinity);
  return at === Infinity ? undefined : at;
}

/** The key of a user's vote on a post. */
export const voteKey = (account: Account, post: KnownPost): string => `${account.id}/${post.id}`;

/** Records what was deleted, or may have been. */
export function recordDeletion(of: Account | KnownPost, deletion: 'asked' | 'done'): void {
  of.deletion = deletion;
  if (deletion === 'done') of.deletedAt = Date.now();
}
