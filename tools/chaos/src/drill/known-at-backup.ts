import type { Account, KnownPost, World } from '../load/world.js';

/** What clients knew at a moment, by the monotonic clock in milliseconds. */
export interface Knowledge {
  at: number;
  world: World;
}

/** A copy of what is known now, which nothing changes any more. */
export const remember = (world: World): Knowledge => ({
  at: performance.now(),
  world: structuredClone(world),
});

/**
 * What a backup taken between two snapshots of the world must hold: everything that is the same in both. What changed between them may be
 * in it in either form.
 */
export function knownBetween({ at, world: before }: Knowledge, { world: after }: Knowledge): World {
  const accounts = before.accounts.flatMap((old) => after.accounts.find(({ id }) => id === old.id) ?? []);
  for (const account of accounts) {
    const old = before.accounts.find(({ id }) => id === account.id);
    if (old) loosenAccount(account, old);
  }
  const posts = before.posts.flatMap((old) => after.posts.find(({ id }) => id === old.id) ?? []);
  for (const post of posts) {
    const old = before.posts.find(({ id }) => id === post.id);
    if (old) loosenPost(post, old);
  }
  const votes = [...after.votes].filter(
    ([, { account, post }]) => accounts.includes(account) && posts.includes(post),
  );
  return {
    ...after,
    accounts,
    posts,
    votes: new Map(
      votes.map(([name, key]) => [
        name,
        { ...key, possible: key.changedAt >= at ? new Set([true, false]) : key.possible },
      ]),
    ),
    hot: [],
    lateVotes: [],
    hiddenVotes: [],
    reports: after.reports.filter((report) => before.reports.some((old) => old.post.id === report.post.id)),
    mails: after.mails.map((mail) => ({ ...mail, isCertain: false })),
  };
}

function loosenAccount(account: Account, old: Account): void {
  if (account.deletion !== old.deletion) account.deletion = 'asked';
  if (account.ban !== old.ban) account.ban = 'maybe';
  if (account.password !== old.password) account.password = '';
  account.names = new Set([...old.names, ...account.names]);
  account.confirmed = old.confirmed;
}

function loosenPost(post: KnownPost, old: KnownPost): void {
  if (post.deletion !== old.deletion) post.deletion = 'asked';
  if (post.removal !== old.removal) post.removal = 'maybe';
}
