import { setTimeout as sleep } from 'node:timers/promises';
import { databaseTime } from '@agora/database';
import type { InternalAddress } from '@agora/http';
import type { ApplyOptions, StoredEvent } from '@agora/messaging/operating';
import { isSetRight, type Check, type Finding, type Session } from './check.js';
import { deliver, findUndelivered, type Deliveries } from '../events/deliveries.js';

/** What was found of one kind, in rows. */
export interface KindResult {
  kind: string;
  /** How many things were compared. */
  compared: number;
  /** How many rows are wrong. */
  drift: number;
  /** How many of them were recomputed or set aside. */
  repaired: number;
  /** How many of them are orphans, which can only be set aside. */
  erasable: number;
  /** How many rows of the kind there are, where any can be set aside. */
  total?: number;
  /** The first findings. */
  samples: { id: number | string; problem: string; rows: number }[];
}

export interface AuditOptions extends ApplyOptions {
  /** The internal ports of the services whose events this service reacts to. */
  publishers: readonly InternalAddress[];
  checks: readonly Check[];
  repair: boolean;
  erase?: Session['erase'];
  /** The most rows of a kind that may be set aside. */
  mostErased?: ReadonlyMap<string, number>;
  /** How long events may take before a difference counts as drift. */
  waitSeconds: number;
}

const mostSamples = 20;
/** How many suspects are collected before they are examined. */
const mostSuspects = 1_000;
const pollMilliseconds = 250;
/** More than a transaction can last: what is added to an outbox later was begun later. */
const longestTransaction = 30_000;

/** Compares this service's data with the owners' data, first the events, then the checks in order, and repairs it on request. */
export async function audit(options: AuditOptions): Promise<KindResult[]> {
  const since = new Date((await databaseTime()) - longestTransaction);
  const deliveries = await findUndelivered(options.publishers, options, options.waitSeconds);
  const { results, left } = await awaitDeliveries(deliveries, options);
  if (deliveries.isFarBehind) return results;
  const session: Session = { ...options, since, awaited: (subject, id) => left.filter(about(subject, id)) };
  for (const check of options.checks) {
    const most = options.mostErased?.get(check.kind) ?? 0;
    results.push(await runCheck(check, session, options.waitSeconds, most));
  }
  return results;
}

const about =
  (subject: string, id: number) =>
  ({ envelope }: StoredEvent): boolean =>
    (envelope.data as Record<string, unknown>)[subject] === id;

async function awaitDeliveries(
  found: Deliveries,
  options: AuditOptions,
): Promise<{ results: KindResult[]; left: StoredEvent[] }> {
  const unapplied = resultOf('unapplied_events', found.compared);
  const left = [...found.dead];
  for (const event of found.unapplied) {
    const error = options.repair ? await deliver(event, options) : undefined;
    const isRepaired = options.repair && error === undefined;
    if (!isRepaired) left.push(event);
    const problem = error ?? `${event.envelope.type} was not applied`;
    note(unapplied, event.envelope.id, { problem, rows: 1, remedy: 'repair' }, isRepaired);
  }
  const dead = resultOf('dead_letters', found.compared);
  for (const { envelope } of found.dead)
    note(
      dead,
      envelope.id,
      { problem: `${envelope.type} is a dead letter`, rows: 1, remedy: 'repair' },
      false,
    );
  return { results: [unapplied, dead], left };
}

async function runCheck(
  check: Check,
  session: Session,
  waitSeconds: number,
  mostErased: number,
): Promise<KindResult> {
  const result = resultOf(check.kind, 0);
  let suspects: number[] = [];
  const examine = async () => {
    for (const id of await compareAgain(suspects, check, session, waitSeconds)) {
      // What has come since the plan was made was not agreed to.
      const mayErase = result.erasable < mostErased;
      const allowed = mayErase ? session : { ...session, erase: undefined };
      const finding = await check.examine(id, allowed);
      if (finding) note(result, id, finding, isSetRight(finding, allowed));
    }
    suspects = [];
  };
  for await (const ids of check.pages()) {
    result.compared += ids.length;
    suspects.push(...(await check.compare(ids, session)));
    if (suspects.length >= mostSuspects) await examine();
  }
  await examine();
  return result.erasable > 0 ? { ...result, total: await check.countRows() } : result;
}

/** What still looks different after the events that are on their way had time to come. */
async function compareAgain(
  suspects: number[],
  check: Check,
  session: Session,
  waitSeconds: number,
): Promise<number[]> {
  const deadline = performance.now() + waitSeconds * 1_000;
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
  erasable: 0,
  samples: [],
});

function note(
  result: KindResult,
  id: number | string,
  { problem, rows, remedy }: Finding,
  isDone: boolean,
): void {
  result.drift += rows;
  if (isDone) result.repaired += rows;
  if (remedy === 'erase') result.erasable += rows;
  if (result.samples.length < mostSamples) result.samples.push({ id, problem, rows });
}
