import { findShown } from '../load/moderate.js';
import { joinAgora } from '../load/join-agora.js';
import { mayBeGone } from '../load/world.js';
import { transactionMilliseconds } from './check-events.js';
import type { Evidence } from './evidence.js';

/** As many removed posts are asked for, the newest. */
const askedPosts = 5;

/** Removed posts stay removed and are shown to nobody, restored posts are back, and reports are kept until they are resolved: I1, I15. */
export async function checkModeration(evidence: Evidence): Promise<void> {
  const { system, world, findings, attempt } = evidence;
  const rows = await system.administration.query<{ id: number; removed: boolean; published: boolean }>(
    'SELECT id, removed_at IS NOT NULL AS removed, published FROM posts.posts WHERE id > $1',
    [world.strangers.post],
  );
  const stored = new Map(rows.map((row) => [row.id, row]));
  const posts = world.posts.filter((post) => !mayBeGone(post));
  for (const { id, removal } of posts) {
    const post = stored.get(id);
    if (removal === 'removed' && !post?.removed) findings.broken('I15', `post ${id} was removed and is back`);
    if (removal === 'restored' && (post?.removed || !post?.published))
      findings.broken('I15', `post ${id} was restored and is hidden`);
  }
  const stranger = await joinAgora(attempt, 'strangers');
  if (!stranger) return findings.broken('I14', 'nobody could register when all was well again');
  world.accounts.push(stranger);
  const removed = posts.filter(({ removal }) => removal === 'removed').slice(-askedPosts);
  for (const post of removed)
    for (const where of await findShown(post, stranger, { attempt, replicas: system.replicas }))
      findings.broken('I15', `post ${post.id}, removed, is shown ${where}`);
  await checkHiddenVotes(evidence);
  await checkReports(evidence);
}

/** No vote is accepted on a removed post once votes has applied its removal: I15. */
async function checkHiddenVotes({ system, world, findings }: Evidence): Promise<void> {
  const rows = await system.administration.query<{ post_id: number; at: number }>(
    `SELECT (envelope->'data'->>'post_id')::int AS post_id, (extract(epoch FROM min(applied_at)) * 1000)::float8 AS at
     FROM posts.outbox JOIN votes.inbox USING (event_id)
     WHERE envelope->>'type' = 'posts.post-updated.v1' AND envelope->'data'->'removed' = 'true' GROUP BY 1`,
  );
  const knownAt = new Map(rows.map(({ post_id: id, at }) => [id, at]));
  for (const { post, at } of world.hiddenVotes) {
    const late = at - (knownAt.get(post.id) ?? Infinity);
    if (late > transactionMilliseconds)
      findings.broken(
        'I15',
        `a vote on post ${post.id} was accepted ${Math.round(late)} ms after votes knew of its removal`,
      );
  }
}

async function checkReports({ system, world, findings }: Evidence): Promise<void> {
  const rows = await system.administration.query<{ key: string }>(
    "SELECT post_id || '/' || reporter_id AS key FROM posts.reports",
  );
  const kept = new Set(rows.map(({ key }) => key));
  for (const { post, reporter } of world.reports) {
    if (mayBeGone(post) || post.removal !== undefined || reporter.deletion !== 'none') continue;
    if (!kept.has(`${post.id}/${reporter.id}`))
      findings.broken(
        'I1',
        `the report of user ${reporter.id} on post ${post.id} was acknowledged and is lost`,
      );
  }
}
