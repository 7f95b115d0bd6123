export { checkout, layoutOf, type Layout } from './checkout.js';
export { environmentOf, migrationEnvironmentOf, type NatsUser, type StackAddresses } from './environment.js';
export { freePort, isFree } from './free-port.js';
export { startNats, type Nats, type NatsOptions } from './nats.js';
export { findNatsServer, type NatsBinary } from './nats-server.js';
export { startPostgres, type Postgres, type PostgresOptions } from './postgres.js';
export { readTestStack, type TestStack, type TestWorker } from './test-stack.js';
export {
  entryPoint,
  forEachService,
  migrationCommand,
  portsFrom,
  processes,
  services,
  type Ports,
  type ProcessName,
  type ServiceName,
} from './topology.js';
