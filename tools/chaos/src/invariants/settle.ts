import { setTimeout as sleep } from 'node:timers/promises';
import { publishersFor, services, streamsOf } from '@agora/local-stack';
import type { Scene } from '../faults/fault.js';
import type { System } from '../system/system.js';

const usualPatience = 45_000;
/** Large erasures take a while. */
const patienceWhenLarge = 400_000;
const calmMilliseconds = 1_500;

/** Waits until every event has been published and applied; reports what is stuck when that takes too long. Returns the milliseconds. */
export async function settle({
  system,
  findings,
  signal,
  large,
}: Pick<Scene, 'system' | 'findings' | 'signal' | 'large'>): Promise<number> {
  const patience = large ? patienceWhenLarge : usualPatience;
  const startedAt = performance.now();
  let calmSince = startedAt;
  for (;;) {
    signal.throwIfAborted();
    const unfinished = await unfinishedWork(system).catch((error: unknown) => [String(error)]);
    const now = performance.now();
    if (unfinished.length > 0) calmSince = now;
    if (now - calmSince > calmMilliseconds) return calmSince - startedAt;
    if (now - startedAt > patience) {
      for (const each of unfinished) findings.broken('I8', `after ${patience / 1_000} s: ${each}`);
      return now - startedAt;
    }
    await sleep(200);
  }
}

async function unfinishedWork({ administration, partitions }: System): Promise<string[]> {
  const unfinished: string[] = [];
  for (const service of services) {
    const [row] = await administration.query<{ unsent: number }>(
      `SELECT count(*)::int AS unsent FROM ${service}.outbox WHERE published_at IS NULL`,
    );
    if (row?.unsent) unfinished.push(`${row.unsent} events wait in ${service}.outbox`);
    if (service === 'auth') continue;
    const [erasures] = await administration.query<{ waiting: number }>(
      `SELECT count(*)::int AS waiting FROM ${service}.erasures`,
    );
    if (erasures?.waiting) unfinished.push(`${erasures.waiting} erasures wait in ${service}.erasures`);
  }
  const [mails] = await administration.query<{ due: number }>(
    'SELECT count(*)::int AS due FROM auth.mails WHERE failed_at IS NULL AND due_at < now()',
  );
  if (mails?.due) unfinished.push(`${mails.due} mails are due in auth.mails`);
  const manager = await administration.streams();
  for (const consumer of services) {
    for (const stream of publishersFor(consumer).flatMap((publisher) => streamsOf(publisher, partitions))) {
      const info = await manager.consumers.info(stream, consumer);
      const { num_pending: pending, num_ack_pending: unacknowledged } = info;
      if (pending + unacknowledged > 0)
        unfinished.push(`${consumer} has not finished ${pending} + ${unacknowledged} events of ${stream}`);
    }
  }
  return unfinished;
}
