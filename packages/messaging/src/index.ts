export { awaitWrites } from './consume/await-writes.js';
export { brokerSettings, connectBroker, type Broker, type BrokerSettings } from './broker.js';
export { type ApplyOptions } from './consume/apply.js';
export { applyFact, applyMessage } from './consume/apply-event.js';
export { openBroadcast, type Broadcast } from './read/broadcast.js';
export { startConsumers } from './consume/consumer.js';
export { followStream, type Follower, type Following } from './read/follow.js';
export {
  discardDeadLetter,
  everyDeadLetter,
  findDeadLetter,
  listDeadLetters,
  retryDeadLetter,
  type DeadLetter,
} from './consume/given-up.js';
export { findApplied } from './consume/inbox.js';
export { type Correlation } from './logger.js';
export { measureMessaging } from './measure-messaging.js';
export {
  addAllToOutbox,
  addToOutbox,
  changeAndRecord,
  consistencyTokenOf,
  openOutbox,
  recordEvent,
  type EventRow,
} from './publish/outbox.js';
export {
  findUnapplied,
  outboxKeepsUp,
  outboxCountLimit,
  readOutbox,
  readOutboxStatus,
  republishSince,
  type OutboxStatus,
  type StoredEvent,
} from './publish/outbox-contents.js';
export { startRelay } from './publish/relay.js';
export { applyStreams, ensureStream } from './streams.js';
export { continueLater, on, onBatch, type Subscription } from './consume/subscriptions.js';
export { followOwnIds } from './read/follow-own-ids.js';
export { tailStream, type Tail, type TailedEvent } from './read/tail.js';
export { addLeases, createMessagingTables, dropLeases, dropMessagingTables } from './tables.js';
export { fence, whileHeld, type Lease, type LeaseDatabase, type LeaseOptions } from './leases.js';
