import { every, measureRow, type Logger, type Stoppable } from '@agora/process';
import { eraseSome, readErasures, type ErasureKind } from '@agora/database';
import { outboxKeepsUp } from '@agora/messaging/operating';
import type { Sequelize } from 'sequelize';

const everyMilliseconds = 250;
/** While more events wait to be published, no erasure adds any. */
const mostWaitingEvents = 500;

/** Erases what was requested beside the consumers, at a pace at which new events wait for none of it. */
export function startErasing(
  kinds: Readonly<Record<string, ErasureKind>>,
  database: Sequelize,
  logger: Logger,
): Stoppable {
  measureRow(readErasures, {
    erasures_waiting: ['Erasures that are not done, counted up to 10000', ({ waiting }) => waiting],
    erasures_oldest_seconds: [
      'Age of the oldest erasure that is not done; 0 when there is none',
      ({ oldest }) => Math.max(0, oldest),
    ],
  });
  const mayAddEvents = () => outboxKeepsUp(database, mostWaitingEvents);
  return every('erasing', everyMilliseconds, () => eraseSome(kinds, mayAddEvents), { logger });
}
