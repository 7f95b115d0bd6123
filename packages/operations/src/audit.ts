import { setTimeout as sleep } from 'node:timers/promises';
import type { InternalAddress } from '@agora/chassis';
import type { ApplyOptions, StoredEvent } from '@agora/messaging/operating';
import { QueryTypes, type Sequelize } from 'sequelize';
import type { Check, Session } from './check.js';
import { deliver, findUndelivered, type Deliveries } from './deliveries.js';

/** What was found of one kind. */
export interface KindResult {
  kind: string;
  compared: number;
  drift: number;
  repaired: number;
  /** The first of it. */
  samples: { id: number | string; problem: string }[];
}

export interface AuditOptions extends ApplyOptions {
  /** The internal ports of those whose events this service reacts to. */
  publishers: readonly InternalAddress[];
  checks: readonly Check[];
  repair: boolean;
  /** How long events may take before what lacks them is drift. */
  settleSeconds: number;
}

const mostSamples = 20;
/** How many that look different are kept before they are examined. */
const mostSuspects = 1_000;
const pollMilliseconds = 250;
/** More than a transaction can last: what is added to an outbox later was begun later. */
const longestTransaction = 30_000;

/** Compares what this service keeps with what the others say, first the events and then the checks in their order, and repairs it when told. */
export async function audit(options: AuditOptions): Promise<KindResult[]> {
  const since = new Date((await databaseTime(options.database)) - longestTransaction);
  const deliveries = await findUndelivered(options.publishers, options, options.settleSeconds);
  const { results, left } = await settleDeliveries(deliveries, options);
  if (deliveries.isFarBehind) return results;
  const session: Session = { ...options, since, awaited: (subject, id) => left.filter(about(subject, id)) };
  for (const check of options.checks) results.push(await runCheck(check, session, options.settleSeconds));
  return results;
}

const about =
  (subject: string, id: number) =>
  ({ envelope }: StoredEvent): boolean =>
    (envelope.data as Record<string, unknown>)[subject] === id;

async function databaseTime(database: Sequelize): Promise<number> {
  const [row] = await database.query<{ now: Date }>('SELECT now()', { type: QueryTypes.SELECT });
  return row?.now.getTime() ?? Date.now();
}

async function settleDeliveries(
  found: Deliveries,
  options: AuditOptions,
): Promise<{ results: KindResult[]; left: StoredEvent[] }> {
  const unapplied = resultOf('unapplied_events', found.compared);
  const left = [...found.dead];
  for (const event of found.unapplied) {
    const error = options.repair ? await deliver(event, options) : undefined;
    const isRepaired = options.repair && error === undefined;
    if (!isRepaired) left.push(event);
    note(unapplied, event.envelope.id, error ?? `${event.envelope.type} was not applied`, isRepaired);
  }
  const dead = resultOf('dead_letters', found.compared);
  for (const { envelope } of found.dead) note(dead, envelope.id, `${envelope.type} was given up`, false);
  return { results: [unapplied, dead], left };
}

async function runCheck(check: Check, session: Session, settleSeconds: number): Promise<KindResult> {
  const result = resultOf(check.kind, 0);
  let suspects: number[] = [];
  const examine = async () => {
    for (const id of await settle(suspects, check, session, settleSeconds)) {
      const problem = await check.examine(id, session);
      if (problem !== undefined) note(result, id, problem, session.repair);
    }
    suspects = [];
  };
  for await (const ids of check.pages()) {
    result.compared += ids.length;
    suspects.push(...(await check.compare(ids, session)));
    if (suspects.length >= mostSuspects) await examine();
  }
  await examine();
  return result;
}

/** What still looks different after the events that are on their way had time to come. */
async function settle(
  suspects: number[],
  check: Check,
  session: Session,
  settleSeconds: number,
): Promise<number[]> {
  const deadline = performance.now() + settleSeconds * 1_000;
  let left = suspects;
  while (left.length > 0 && performance.now() < deadline) {
    await sleep(pollMilliseconds);
    const again: number[] = [];
    for (let index = 0; index < left.length; index += 500)
      again.push(...(await check.compare(left.slice(index, index + 500), session)));
    left = again;
  }
  return left;
}

const resultOf = (kind: string, compared: number): KindResult => ({
  kind,
  compared,
  drift: 0,
  repaired: 0,
  samples: [],
});

function note(result: KindResult, id: number | string, problem: string, isRepaired: boolean): void {
  result.drift += 1;
  if (isRepaired) result.repaired += 1;
  if (result.samples.length < mostSamples) result.samples.push({ id, problem });
}
