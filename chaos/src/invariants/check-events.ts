import { services, type ServiceName } from '@agora/local-stack';
import { subscribers } from '../subscriptions.js';
import type { Evidence } from './evidence.js';

/** Every event at each of its consumers, and nothing else given up than what was meant to be: I6, I9. */
export async function checkEvents({ system, findings, poison }: Evidence): Promise<void> {
  const { query } = system.administration;
  for (const consumer of services) {
    for (const publisher of services) {
      const types = subscribers[consumer].filter((type) => type.startsWith(`${publisher}.`));
      const missing = await query<{ event_id: string; type: string }>(
        `SELECT event_id, envelope->>'type' AS type FROM ${publisher}.outbox
         WHERE envelope->>'type' = ANY($1) AND event_id NOT IN (SELECT event_id FROM ${consumer}.inbox)`,
        [types],
      );
      for (const { event_id: id, type } of missing)
        findings.broken('I6', `${consumer} never applied ${type} ${id}`);
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
      findings.broken('I9', `${service} ${dead ? 'gave up' : 'could not apply'} ${id}: ${error}`);
  }
  const given = new Set(letters.map(({ message_id: id }) => id));
  for (const id of sent[service])
    if (!given.has(id) && !lost.has(id)) findings.broken('I9', `${service} did not give up the poison ${id}`);
}
