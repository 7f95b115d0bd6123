import { setTimeout as sleep } from 'node:timers/promises';
import type { System } from './system.js';

const patience = 60_000;

/** The publishers whose events other services' counts and projections depend on, and which of their events, unless all. */
const ways = [
  ['votes', 'posts', ''],
  ['posts', 'votes', ''],
  ['auth', 'posts', `AND envelope->>'type' ~ 'user-deleted|user-updated|account-moderated'`],
  ['auth', 'votes', `AND envelope->>'type' ~ 'user-deleted'`],
] as const;

/** How far the outboxes are, by their owners. */
export type Marks = Record<'auth' | 'votes' | 'posts', string>;

/** The position from which events count from now on. */
export async function markEvents({ database }: System): Promise<Marks> {
  const last = (publisher: string) =>
    `(SELECT coalesce(max(sequence), 0) FROM ${publisher}.outbox) AS ${publisher}`;
  const { rows } = await database.query<Marks>(`SELECT ${last('auth')}, ${last('votes')}, ${last('posts')}`);
  return rows[0] ?? { auth: '0', votes: '0', posts: '0' };
}

/** Waits until every event after the marks has been published and applied; throws when that takes longer than a minute. */
export async function settle({ database }: System, marks: Marks, signal: AbortSignal): Promise<void> {
  const deadline = performance.now() + patience;
  for (const [publisher, consumer, which] of ways) {
    const isBusy = async () => {
      const { rows } = await database.query<{ busy: boolean }>(
        `SELECT EXISTS (SELECT 1 FROM ${publisher}.outbox WHERE published_at IS NULL)
             OR EXISTS (SELECT 1 FROM ${publisher}.outbox WHERE sequence > $1 ${which}
                        AND NOT EXISTS (SELECT 1 FROM ${consumer}.inbox WHERE inbox.event_id = outbox.event_id)) AS busy`,
        [marks[publisher]],
      );
      return rows[0]?.busy ?? false;
    };
    while (await isBusy()) {
      signal.throwIfAborted();
      if (performance.now() > deadline)
        throw new Error(`events of ${publisher} were not applied by ${consumer} within a minute`);
      await sleep(50);
    }
  }
}

/** Waits until everything is erased that was requested; throws when that takes longer than `seconds`. */
export async function settleErasures(
  { database }: System,
  signal: AbortSignal,
  seconds: number,
): Promise<void> {
  const deadline = performance.now() + seconds * 1_000;
  for (;;) {
    const { rows } = await database.query<{ busy: boolean }>(
      `SELECT EXISTS (SELECT FROM posts.erasures) OR EXISTS (SELECT FROM votes.erasures)
           OR EXISTS (SELECT FROM auth.session_erasures) AS busy`,
    );
    if (!rows[0]?.busy) return;
    signal.throwIfAborted();
    if (performance.now() > deadline) throw new Error(`not all was erased within ${seconds} s`);
    await sleep(50);
  }
}
