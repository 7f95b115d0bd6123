/**
 * What a service needs to publish events and to react to those of others.
 * `publish/` outbox and relays · `consume/` inbox, reactions and dead letters · `retain/` how long both keep rows · `read/` followers in memory · `nats/` the connection and the streams
 */
export { brokerSettings, connectBroker, type Broker, type BrokerSettings } from './nats/broker.js';
export { awaitWrites } from './consume/await-writes.js';
export { startConsumers } from './consume/consumer.js';
export { findApplied } from './consume/inbox.js';
export { continueLater, on, onBatch, type Subscription } from './consume/subscriptions.js';
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
export { startRelay } from './publish/relay.js';
