export { awaitWrites } from './await-writes.js';
export { brokerSettings, connectBroker, type Broker, type BrokerSettings } from './broker.js';
export { type ApplyOptions } from './apply.js';
export { applyFact, applyMessage } from './apply-event.js';
export { openBroadcast, type Broadcast } from './broadcast.js';
export { startConsumers } from './consumer.js';
export { followStream, type Follower, type Following } from './follow.js';
export {
  discardDeadLetter,
  everyDeadLetter,
  findDeadLetter,
  listDeadLetters,
  retryDeadLetter,
  type DeadLetter,
} from './given-up.js';
export { findApplied } from './inbox.js';
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
} from './outbox.js';
export {
  findUnapplied,
  readOutbox,
  readOutboxStatus,
  republishSince,
  type OutboxStatus,
  type StoredEvent,
} from './outbox-contents.js';
export { startRelay } from './relay.js';
export { applyStreams, ensureStream } from './streams.js';
export { again, on, onBatch, type Subscription } from './subscriptions.js';
export { tailStream, type Tail, type TailedEvent } from './tail.js';
export { createMessagingTables, dropMessagingTables } from './tables.js';
