import type { SchemaName } from '@agora/database';
import {
  countPublishedSince,
  outboxCountLimit,
  readOutboxStatus,
  republishSince,
  type OutboxStatus,
} from '@agora/messaging/operating';
import { UsageError, runCommand, type Answer } from '../command.js';
import { openDatabase } from '../config.js';
import { printTime } from '../print-table.js';

const usage = `Usage: npm run outbox -- status|republish --since <time> [--json]
  status      show how many events wait to be published, and since when events are kept
  republish   publish events again that were published since then; consumers apply each once
  <time>      in ISO 8601, such as 2026-01-31T12:00:00Z
  --dry-run   show how many events, and publish nothing`;

/** `operate.js outbox`. */
export const runOutboxCommand = (service: SchemaName): Promise<never> =>
  runCommand({
    name: `${service}: outbox`,
    usage,
    options: { since: { type: 'string' }, 'dry-run': { type: 'boolean' } },
    run: async ([verb, ...rest], { since, 'dry-run': isDry }) => {
      if (rest.length > 0) throw new UsageError(`nothing can follow "${verb}" but options`);
      if (verb === 'status' && since === undefined) return showStatus(service);
      if (verb === 'republish') return republish(service, readTime(since), isDry === true);
      throw new UsageError(
        verb === 'status' ? 'status has no option --since' : 'name a command: status or republish',
      );
    },
  });

function readTime(text: string | boolean | undefined): Date {
  if (typeof text !== 'string') throw new UsageError('republish needs --since <time>');
  const time = new Date(text);
  // A time without a zone means something else on every machine.
  if (!/^\d{4}-\d\d-\d\dT.*(Z|[+-]\d\d:\d\d)$/.test(text) || Number.isNaN(time.getTime()))
    throw new UsageError(`"${text}" is not a time with a zone, such as 2026-01-31T12:00:00Z`);
  return time;
}

async function showStatus(service: SchemaName): Promise<Answer> {
  const status = await readOutboxStatus(openDatabase(service, []));
  return { json: { service, ...status }, text: describe(service, status) };
}

function describe(service: SchemaName, status: OutboxStatus): string {
  const since = status.oldest_unpublished_at ? `, since ${printTime(status.oldest_unpublished_at)}` : '';
  const { counted_up_to: limit } = status;
  return [
    `${service}: ${countOf(status.unpublished, limit)} unpublished${since}`,
    ...(status.refused > 0
      ? [`  refused by the broker: ${countOf(status.refused, limit)} (${status.last_error})`]
      : []),
    ...(status.republishing ? ['  events published before are being published again'] : []),
    ...(status.last_published_at ? [`  last published: ${printTime(status.last_published_at)}`] : []),
    ...(status.retained_since ? [`  can be published again: since ${printTime(status.retained_since)}`] : []),
  ].join('\n');
}

/** Counting stops at a limit, so that its cost is bounded. */
const countOf = (count: number, limit: number) => (count < limit ? `${count}` : `${limit} or more`);

async function republish(service: SchemaName, since: Date, isDry: boolean): Promise<Answer> {
  const database = openDatabase(service, []);
  const republished = await (isDry ? countPublishedSince : republishSince)(database, since);
  const text =
    republished === 0
      ? `${service}: nothing was published since ${printTime(since)}`
      : `${service}: ${countOf(republished, outboxCountLimit)} events ${isDry ? 'would' : 'will'} be published again`;
  return { json: { service, since, [isDry ? 'would_republish' : 'republished']: republished }, text };
}
