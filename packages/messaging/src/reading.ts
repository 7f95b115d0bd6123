/** For processes that follow streams in memory: what is read is not acknowledged, and nothing is applied. */
export { brokerSettings, connectBroker, type BrokerSettings } from './nats/broker.js';
export { openBroadcast, type Broadcast } from './read/broadcast.js';
export { followStream, type Follower, type Following } from './read/follow.js';
export { followOwnIds } from './read/follow-own-ids.js';
export { streamOf } from './partitions.js';
export { readPartitions } from './read/read-partitions.js';
export { tailStream, type Tail, type TailedEvent } from './read/tail.js';
