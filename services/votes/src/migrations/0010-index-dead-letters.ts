import type { Migration } from '@agora/database';
import { dropDeadLettersIndex, indexDeadLetters as up } from '@agora/messaging/migrating';

/** Finds dead letters among messages that failed. */
export const indexDeadLetters: Migration = {
  name: '0010-index-dead-letters',
  up,
  down: dropDeadLettersIndex,
};
