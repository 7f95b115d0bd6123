/** What every service starts: the database, tokens, events, both ports, health and metrics, in order; stopped in reverse. */
import { unavailable, type Route } from '@agora/http';
import { readOwnWrites, type WithOwnWrites } from '@agora/http/reads';
import {
  createApplication,
  openInternalServer,
  openServer,
  routeRequests,
  shedLoad,
} from '@agora/http/serve';
import {
  atScrape,
  Gauge,
  runProcess,
  type Logger,
  type ProcessSettings,
  type Stoppable,
} from '@agora/process';
import { correlation } from '@agora/process/requests';
import {
  connectDatabase,
  connectionOf,
  databaseAnswers,
  isDatabaseUnavailable,
  latestPosition,
  readFromReplica,
  readIdSpace,
  waitingStatements,
  whyUnavailable,
  type DatabaseSettings,
  type SchemaName,
} from '@agora/database';
import {
  authenticate,
  authenticateReader,
  createVerifier,
  followRevocations,
  type AskForRevocations,
  type IdentitySettings,
  type KeySet,
  type RevocationSettings,
  type Revocations,
  type Verifier,
} from '@agora/identity';
import {
  awaitWrites,
  connectBroker,
  measureMessaging,
  openOutbox,
  startConsumers,
  startRelay,
  type Broker,
  type BrokerSettings,
  type Subscription,
} from '@agora/messaging';
import type { Context, Middleware } from 'koa';
import type { Sequelize } from 'sequelize';
import type { ModelCtor } from 'sequelize-typescript';

/** The settings of every service. */
export interface ServiceSettings
  extends ProcessSettings, DatabaseSettings, BrokerSettings, IdentitySettings, RevocationSettings {
  /** The secret of the internal port; none where no other service calls it. */
  INTERNAL_SECRET?: string;
}

/** What a service builds its own parts on. */
export interface Running<Settings, Keys> {
  config: Settings;
  logger: Logger;
  database: Sequelize;
  broker: Broker;
  keys: Keys;
  revocations: Revocations;
  verifier: Verifier;
  /** Wraps reads of projections, so that they wait for the writes that a `Consistency-Token` names. */
  withOwnWrites: WithOwnWrites;
  /** Registers what was started; all of it is stopped in reverse order, before the broker and the database. */
  started<Part extends Stoppable>(part: Part): Part;
}

/** The endpoints of a service. */
export interface Endpoints {
  /** On the public port, for clients. */
  routes: readonly Route[];
  /** For other services, on the internal port. */
  internalRoutes?: readonly Route[];
  /** Whether a reader needs no token for this request; every reader needs one when left out. */
  needsNoToken?(ctx: Context): boolean;
  /** Ends streams: the public port waits for answers in flight before it closes. */
  endAnswers?(): void;
}

/** The parts of a service that differ from others. */
export interface Service<Settings, Keys extends KeySet | undefined> {
  name: SchemaName;
  readConfig(environment: NodeJS.ProcessEnv): Settings;
  models?: ModelCtor[];
  /** The reactions to events; a service without any consumes none. */
  subscriptions?: readonly Subscription[];
  /** What error messages call the service's data while the database is away; the name of the service when left out. */
  holds?: string;
  /** The keys of access tokens, where they are not fetched from auth. */
  openKeys?(settings: Settings, logger: Logger): Promise<Keys>;
  /** Where revocations come from, if not from auth. */
  readRevocations?: AskForRevocations;
  /** Authenticates a request; by the token alone when left out. */
  authenticate?(verifier: Verifier): Middleware;
  /** Starts the service's own parts, and returns its endpoints. */
  open(running: Running<Settings, Keys>): Promise<Endpoints> | Endpoints;
}

/** Runs a service until it is asked to stop. Parts start in this order and stop in reverse: the database, the internal port with health and metrics, the broker, the others. */
export function runService<Settings extends ServiceSettings, Keys extends KeySet | undefined = undefined>(
  service: Service<Settings, Keys>,
): void {
  const { name, subscriptions } = service;
  runProcess(name, service.readConfig, async (config, { logger, started, isDraining }) => {
    const database = connectDatabase(config, name, service.models ?? []);
    started({ stop: () => database.close() });
    measureIdSpace();
    const keys = (await service.openKeys?.(config, logger)) as Keys;
    const broker = connectBroker(name, config, logger);
    const revocations = followRevocations(config, broker, logger, service.readRevocations);
    const verifier = createVerifier(config, logger, revocations, keys);
    const outbox = openOutbox(database, name, correlation, latestPosition, config.EVENT_PARTITIONS);
    const parts: Stoppable[] = [];
    const doors = await service.open({
      config,
      logger,
      database,
      broker,
      keys,
      revocations,
      verifier,
      withOwnWrites: readOwnWrites(awaitWrites(database, subscriptions ?? []), readFromReplica),
      started: (part) => {
        parts.push(part);
        return part;
      },
    });

    const listen = { host: config.HOST, drainMilliseconds: config.SHUTDOWN_TIMEOUT_SECONDS * 500 };
    const translateError = (error: unknown) => {
      const reason = whyUnavailable(error, service.holds ?? name);
      return reason === undefined ? undefined : unavailable(reason);
    };
    started(
      await openInternalServer({
        ...listen,
        port: config.INTERNAL_PORT,
        logger,
        routes: doors.internalRoutes ?? [],
        ...(config.INTERNAL_SECRET && { secret: config.INTERNAL_SECRET }),
        translateError,
        isReady: async () => !isDraining() && verifier.isReady() && (await databaseAnswers(database)),
        dependenciesAnswer: async () => (await broker.answers()) && (await databaseAnswers(database)),
      }),
    );
    for (const part of [broker, revocations, verifier, ...parts]) started(part);
    measureMessaging({ service: name, database, broker, ...(subscriptions && { subscriptions }) });
    started(startRelay({ outbox, broker, connection: connectionOf(config, `${name}-relay`), logger }));
    if (subscriptions) {
      const isTransient = isDatabaseUnavailable;
      started(
        startConsumers({ service: name, subscriptions, broker, database, logger, correlation, isTransient }),
      );
    }
    const requireToken = (service.authenticate ?? authenticate)(verifier);
    const guards = {
      authenticate: requireToken,
      authenticateReader: authenticateReader(requireToken, (ctx) => doors.needsNoToken?.(ctx) ?? false),
      shed: shedLoad({ waiting: () => waitingStatements(database) }),
    };
    const application = createApplication({
      logger,
      middleware: routeRequests(doors.routes, guards),
      translateError,
    });
    const noticeMilliseconds = config.SHUTDOWN_NOTICE_SECONDS * 1_000;
    started(await openServer(application.callback(), { ...listen, port: config.PORT, noticeMilliseconds }));
    started({ stop: async () => doors.endAnswers?.() });
  });
}

/** Ids are used up slowly, so an older value will do. */
const freshIdsMilliseconds = 30_000;

function measureIdSpace(): void {
  const read = atScrape(readIdSpace, freshIdsMilliseconds);
  const gauge = new Gauge({
    name: 'id_space_used_ratio',
    help: 'How much of the ids of a sequence has been given; at 1 nothing more can be added',
    labelNames: ['sequence'],
    async collect() {
      for (const { sequence, ratio } of (await read()) ?? []) gauge.set({ sequence }, ratio);
    },
  });
}
