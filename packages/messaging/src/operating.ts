/** For audits and for what operators run: the contents of outbox and inbox, dead letters, streams. */
export { applyFact, applyMessage, type ApplyOptions } from './consume/apply.js';
export {
  discardDeadLetter,
  everyDeadLetter,
  findDeadLetter,
  listDeadLetters,
  retryDeadLetter,
  type DeadLetter,
} from './consume/dead-letters.js';
export { type Correlation } from './logger.js';
export {
  countPublishedSince,
  findUnapplied,
  outboxCountLimit,
  outboxKeepsUp,
  readOutbox,
  readOutboxStatus,
  republishSince,
  type OutboxStatus,
  type StoredEvent,
} from './publish/outbox-contents.js';
export { describeConsumers, describeStreams } from './nats/describe-streams.js';
export { applyOutsideConsumers, applyStreams, ensureStream, isFormingCluster } from './nats/streams.js';
export { readOutsideConsumers } from './nats/outside-consumers.js';
export { findStreams } from './read/read-partitions.js';
