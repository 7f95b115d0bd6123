import { askReplica } from '../load/ask.js';
import { expectLockedOut } from '../load/bans.js';
import type { Account } from '../load/world.js';
import type { Evidence } from './evidence.js';

interface UserRow {
  id: number;
  name: string;
  banned: boolean;
  confirmed: boolean;
}

/** As many banned and renamed accounts are asked for, the newest. */
const askedAccounts = 5;

/** Names, bans and confirmations are stored and shown as they were acknowledged: I1, I16, I18. */
export async function checkAccounts(evidence: Evidence): Promise<void> {
  const { system, world, findings } = evidence;
  const rows = await system.administration.query<UserRow>(
    `SELECT id, coalesce(name, 'user_' || id) AS name, coalesce(banned_until > now(), false) AS banned,
            email_verified_at IS NOT NULL AS confirmed FROM auth.users WHERE id > $1`,
    [world.strangers.account],
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  const accounts = world.accounts.filter(({ deletion }) => deletion === 'none');
  for (const { id, names, ban, confirmed } of accounts) {
    const user = stored.get(id);
    // Missing accounts are reported elsewhere.
    if (!user) continue;
    if (!names.has(user.name))
      findings.broken('I18', `user ${id} is called ${user.name}, against the last answer`);
    if (ban !== 'maybe' && (ban === 'banned') !== user.banned)
      findings.broken('I16', `user ${id} is ${user.banned ? '' : 'not '}banned, against the last answer`);
    if (confirmed && !user.confirmed)
      findings.broken('I1', `the address of user ${id} was confirmed, and is not`);
  }
  for (const account of accounts.filter(({ ban }) => ban === 'banned').slice(-askedAccounts))
    await expectLockedOut(account, evidence);
  const renamed = accounts.filter(({ id, names }) => !names.has(`user_${id}`));
  for (const account of renamed.slice(-askedAccounts)) await expectName(account, evidence);
}

async function expectName(account: Account, { system, world, findings }: Evidence): Promise<void> {
  const post = world.posts.find(({ author, deletion }) => author === account && deletion === 'none');
  if (!post) return;
  for (const shown of await shownNames(account, post.id, system.replicas))
    if (!account.names.has(shown.name))
      findings.broken('I18', `${shown.label} shows user ${account.id} as ${shown.name}`);
}

/** What each replica that shows names calls the author of a post. */
export async function shownNames(
  { id, token }: Account,
  postId: number,
  replicas: Evidence['system']['replicas'],
): Promise<{ label: string; name: string }[]> {
  const names: { label: string; name: string }[] = [];
  for (const replica of replicas) {
    if (replica.name !== 'posts' && replica.name !== 'auth') continue;
    const path = replica.name === 'posts' ? `/posts/${postId}` : `/users/${id}`;
    const answer = await askReplica(replica, path, token);
    if (answer?.status !== 200) continue;
    const user = (replica.name === 'posts' ? answer.body.owner : answer.body) as { name: string };
    names.push({ label: replica.label, name: user.name });
  }
  return names;
}
