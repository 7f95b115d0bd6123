import {
  correlation,
  createApplication,
  openInternalServer,
  openServer,
  routeRequests,
  runProcess,
  unavailable,
} from '@agora/chassis';
import { connectDatabase, connectionOf, databaseAnswers, isDatabaseUnavailable } from '@agora/database';
import { authenticate, createVerifier, followRevocations } from '@agora/identity';
import { connectBroker, openOutbox, startConsumers, startRelay } from '@agora/messaging';
import { readConfig } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { internalRoutes, routes } from './http/routes.js';
import { Author } from './models/author.js';
import { Post } from './models/post.js';
import { findUserAt } from './users.js';

runProcess('posts', readConfig, async (config, { logger, started, isDraining }) => {
  const database = connectDatabase(config, 'posts', [Author, Post]);
  started({ stop: () => database.close() });
  const translateError = (error: unknown) =>
    isDatabaseUnavailable(error) ? unavailable('The posts cannot be reached.') : undefined;
  const listen = { host: config.HOST, drainMilliseconds: config.SHUTDOWN_TIMEOUT_SECONDS * 500 };
  const broker = connectBroker('posts', config, logger);
  const revocations = followRevocations(config, broker, logger);
  const verifier = createVerifier(config, logger, revocations);
  started(
    await openInternalServer({
      ...listen,
      port: config.INTERNAL_PORT,
      logger,
      routes: internalRoutes,
      translateError,
      isReady: async () => !isDraining() && verifier.isReady() && (await databaseAnswers(database)),
    }),
  );
  started(broker);
  started(revocations);
  started(verifier);
  const outbox = openOutbox(database, 'posts', correlation);
  started(startRelay({ outbox, broker, connection: connectionOf(config, 'posts-relay'), logger }));
  started(
    startConsumers({
      service: 'posts',
      subscriptions,
      broker,
      database,
      logger,
      correlation,
      isTransient: isDatabaseUnavailable,
    }),
  );
  const application = createApplication({
    logger,
    middleware: routeRequests(routes(findUserAt(config.AUTH_INTERNAL_URL)), authenticate(verifier)),
    translateError,
  });
  const noticeMilliseconds = config.SHUTDOWN_NOTICE_SECONDS * 1_000;
  started(await openServer(application.callback(), { ...listen, port: config.PORT, noticeMilliseconds }));
});
