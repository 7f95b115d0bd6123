import { type ServiceName, services, subscribers } from '@agora/local-stack';
import type { Evidence } from './evidence.js';

/** The longest time from a transaction's start, which the inbox records, to its commit. */
export const transactionMilliseconds = 5_000;

/** No vote is accepted on a post once votes has applied its deletion: I4. */
export async function checkLateVotes({ system, world, findings }: Evidence): Promise<void> {
  const rows = await system.administration.query<{ post_id: number; at: number }>(
    `SELECT (envelope->'data'->>'post_id')::int AS post_id, (extract(epoch FROM applied_at) * 1000)::float8 AS at
     FROM posts.outbox JOIN votes.inbox USING (event_id) WHERE envelope->>'type' = 'posts.post-deleted.v1'`,
  );
  const knownAt = new Map(rows.map(({ post_id: id, at }) => [id, at]));
  for (const { post, at } of world.lateVotes) {
    const known = knownAt.get(post.id) ?? Infinity;
    if (at > known + transactionMilliseconds)
      findings.broken(
        'I4',
        `a vote on post ${post.id} was accepted ${Math.round(at - known)} ms after votes knew of its deletion`,
      );
  }
}

/** Every event at each of its consumers, and no dead letters but those that were meant to be: I6, I9. */
export async function checkEvents({ system, findings, poison }: Evidence): Promise<void> {
  const { query } = system.administration;
  for (const consumer of services) {
    for (const publisher of services) {
      const types = subscribers[consumer].filter((type) => type.startsWith(`${publisher}.`));
      const missing = await query<{ event_id: string; type: string; published: Date | null }>(
        `SELECT event_id, envelope->>'type' AS type, published_at AS published FROM ${publisher}.outbox
         WHERE envelope->>'type' = ANY($1) AND NOT EXISTS (SELECT FROM ${consumer}.inbox WHERE inbox.event_id = outbox.event_id)`,
        [types],
      );
      for (const { event_id: id, type, published } of missing) {
        const when = published?.toISOString() ?? 'never';
        findings.broken('I6', `${consumer} never applied ${type} ${id}, published ${when}`);
      }
    }
    await checkDeadLetters(consumer, { system, findings, poison });
  }
}

async function checkDeadLetters(
  service: ServiceName,
  { system, findings, poison: { sent, lost } }: Pick<Evidence, 'system' | 'findings' | 'poison'>,
): Promise<void> {
  const letters = await system.administration.query<{
    message_id: string;
    last_error: string;
    dead: boolean;
  }>(`SELECT message_id, last_error, dead_at IS NOT NULL AS dead FROM ${service}.dead_letters`);
  for (const { message_id: id, last_error: error, dead } of letters) {
    if (!sent[service].has(id))
      findings.broken('I9', `${service} ${dead ? 'dead-lettered' : 'could not apply'} ${id}: ${error}`);
  }
  const given = new Set(letters.map(({ message_id: id }) => id));
  for (const id of sent[service])
    if (!given.has(id) && !lost.has(id))
      findings.broken('I9', `${service} did not dead-letter the poison ${id}`);
}
