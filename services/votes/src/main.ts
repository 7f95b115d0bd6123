import { unavailable } from '@agora/http';
import { readOwnWrites } from '@agora/http/reads';
import {
  createApplication,
  openInternalServer,
  openServer,
  routeRequests,
  shedLoad,
} from '@agora/http/serve';
import { runProcess } from '@agora/process';
import { correlation } from '@agora/process/requests';
import {
  connectDatabase,
  connectionOf,
  databaseAnswers,
  highestId,
  isDatabaseUnavailable,
  latestPosition,
  measureIdSpace,
  readFromReplica,
  waitingStatements,
  whyUnavailable,
} from '@agora/database';
import { confirmedEmails, authenticate, createVerifier, followRevocations } from '@agora/identity';
import {
  awaitWrites,
  connectBroker,
  measureMessaging,
  openOutbox,
  startConsumers,
  startRelay,
} from '@agora/messaging';
import {
  exportAuditResults,
  startErasing,
  startPurgingQuarantine,
  startTellingHighestId,
} from '@agora/operations';
import { readConfig } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { internalRoutes, routes } from './http/routes.js';
import { findPostStateAt } from './post-states.js';
import { findUserAt } from './users.js';
import { KnownPost } from './models/known-post.js';
import { erasureKinds } from './models/erasures.js';
import { models } from './models/models.js';
import { Voter } from './models/voter.js';

runProcess('votes', readConfig, async (config, { logger, started, isDraining }) => {
  const database = connectDatabase(config, 'votes', models);
  started({ stop: () => database.close() });
  measureIdSpace();
  const translateError = (error: unknown) => {
    const reason = whyUnavailable(error, 'votes');
    return reason === undefined ? undefined : unavailable(reason);
  };
  const listen = { host: config.HOST, drainMilliseconds: config.SHUTDOWN_TIMEOUT_SECONDS * 500 };
  const broker = connectBroker('votes', config, logger);
  const revocations = followRevocations(config, broker, logger);
  const verifier = createVerifier(config, logger, revocations);
  started(
    await openInternalServer({
      ...listen,
      port: config.INTERNAL_PORT,
      logger,
      routes: internalRoutes(database),
      secret: config.INTERNAL_SECRET,
      translateError,
      isReady: async () => !isDraining() && verifier.isReady() && (await databaseAnswers(database)),
      dependenciesAnswer: async () => (await broker.answers()) && (await databaseAnswers(database)),
    }),
  );
  started(broker);
  started(revocations);
  started(verifier);
  const posts = { origin: config.POSTS_INTERNAL_URL, secret: config.POSTS_INTERNAL_SECRET };
  started(startTellingHighestId(posts, '/internal/posts/highest', () => highestId(KnownPost), logger));
  const auth = { origin: config.AUTH_INTERNAL_URL, secret: config.AUTH_INTERNAL_SECRET };
  started(startTellingHighestId(auth, '/internal/users/highest', () => highestId(Voter), logger));
  measureMessaging({ service: 'votes', database, broker, subscriptions });
  exportAuditResults();
  const outbox = openOutbox(database, 'votes', correlation, latestPosition);
  started(startRelay({ outbox, broker, connection: connectionOf(config, 'votes-relay'), logger }));
  started(startErasing(erasureKinds, database, logger));
  started(startPurgingQuarantine(logger));
  started(
    startConsumers({
      service: 'votes',
      subscriptions,
      broker,
      database,
      logger,
      correlation,
      isTransient: isDatabaseUnavailable,
    }),
  );
  const withOwnWrites = readOwnWrites(awaitWrites(database, subscriptions), readFromReplica);
  const application = createApplication({
    logger,
    middleware: [
      ...routeRequests(
        routes(
          findPostStateAt(posts),
          findUserAt(auth),
          withOwnWrites,
          confirmedEmails(config.REQUIRE_CONFIRMED_EMAIL, auth),
        ),
        {
          authenticate: authenticate(verifier),
          shed: shedLoad({ waiting: () => waitingStatements(database) }),
        },
      ),
    ],
    translateError,
  });
  const noticeMilliseconds = config.SHUTDOWN_NOTICE_SECONDS * 1_000;
  started(await openServer(application.callback(), { ...listen, port: config.PORT, noticeMilliseconds }));
});
