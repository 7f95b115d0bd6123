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
  openNewIds,
  readFromReplica,
  waitingStatements,
  whyUnavailable,
} from '@agora/database';
import { postCreated } from '@agora/contracts';
import {
  confirmedEmails,
  authenticate,
  authenticateReader,
  createVerifier,
  followRevocations,
} from '@agora/identity';
import {
  awaitWrites,
  connectBroker,
  measureMessaging,
  openOutbox,
  startConsumers,
  startRelay,
} from '@agora/messaging';
import { followOwnIds } from '@agora/messaging/reading';
import {
  exportAuditResults,
  startErasing,
  startPurgingQuarantine,
  startTellingHighestId,
} from '@agora/operations';
import { readConfig } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { internalRoutes, routes } from './http/routes.js';
import { carriesTicket } from './http/feed/stream-feed.js';
import { createLiveFeed } from './live/live-feed.js';
import { Author } from './models/author.js';
import { erasureKinds } from './models/erasures.js';
import { models } from './models/models.js';
import { startPurgingIdempotencyKeys } from './purge-idempotency-keys.js';
import { startSettlingAuthors } from './settle-authors.js';
import { startPurgingStreamTickets } from './purge-stream-tickets.js';
import { findUserAt, findUsersAt } from './users.js';
import { findOwnVotesAt } from './votes.js';

runProcess('posts', readConfig, async (config, { logger, started, isDraining }) => {
  const database = connectDatabase(config, 'posts', models);
  started({ stop: () => database.close() });
  measureIdSpace();
  started(startPurgingIdempotencyKeys(logger));
  const auth = { origin: config.AUTH_INTERNAL_URL, secret: config.AUTH_INTERNAL_SECRET };
  started(startSettlingAuthors(findUsersAt(auth), config.PUBLIC_EMAILS, logger));
  started(startPurgingStreamTickets(logger));
  const translateError = (error: unknown) => {
    const reason = whyUnavailable(error, 'posts');
    return reason === undefined ? undefined : unavailable(reason);
  };
  const listen = { host: config.HOST, drainMilliseconds: config.SHUTDOWN_TIMEOUT_SECONDS * 500 };
  const broker = connectBroker('posts', config, logger);
  const revocations = followRevocations(config, broker, logger);
  const postIds = openNewIds('posts', database, logger.warn.bind(logger));
  const verifier = createVerifier(config, logger, revocations);
  started(
    await openInternalServer({
      ...listen,
      port: config.INTERNAL_PORT,
      logger,
      routes: internalRoutes(database, postIds),
      secret: config.INTERNAL_SECRET,
      translateError,
      isReady: async () => !isDraining() && verifier.isReady() && (await databaseAnswers(database)),
      dependenciesAnswer: async () => (await broker.answers()) && (await databaseAnswers(database)),
    }),
  );
  started(broker);
  started(revocations);
  started(verifier);
  started(followOwnIds({ broker, logger, event: postCreated, saw: ({ post_id: id }) => postIds.saw(id) }));
  started(startTellingHighestId(auth, '/internal/users/highest', () => highestId(Author), logger));
  measureMessaging({ service: 'posts', database, broker, subscriptions });
  exportAuditResults();
  const outbox = openOutbox(database, 'posts', correlation, latestPosition);
  started(startRelay({ outbox, broker, connection: connectionOf(config, 'posts-relay'), logger }));
  started(startErasing(erasureKinds, database, logger));
  started(startPurgingQuarantine(logger));
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
  const liveFeed = started(createLiveFeed({ broker, database, logger }));
  const application = createApplication({
    logger,
    middleware: [
      ...routeRequests(
        routes({
          findUser: findUserAt(auth),
          postIds,
          withOwnWrites: readOwnWrites(awaitWrites(database, subscriptions), readFromReplica),
          cursorSecret: config.CURSOR_SECRET,
          liveFeed,
          verifier,
          withConfirmedEmail: confirmedEmails(config.REQUIRE_CONFIRMED_EMAIL, auth),
          findOwnVotes: findOwnVotesAt({
            origin: config.VOTES_INTERNAL_URL,
            secret: config.VOTES_INTERNAL_SECRET,
          }),
        }),
        {
          authenticate: authenticate(verifier),
          authenticateReader: authenticateReader(
            authenticate(verifier),
            (ctx) => config.PUBLIC_READS || carriesTicket(ctx),
          ),
          shed: shedLoad({ waiting: () => waitingStatements(database) }),
        },
      ),
    ],
    translateError,
  });
  const noticeMilliseconds = config.SHUTDOWN_NOTICE_SECONDS * 1_000;
  started(await openServer(application.callback(), { ...listen, port: config.PORT, noticeMilliseconds }));
  // Before the server, which waits for all answers under way.
  started({ stop: async () => liveFeed.end() });
});
