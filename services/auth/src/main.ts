import { createHmac } from 'node:crypto';
import { unavailable } from '@agora/http';
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
  measureIdSpace,
  openNewIds,
  waitingStatements,
  whyUnavailable,
} from '@agora/database';
import { authenticateReader, createVerifier, followRevocations } from '@agora/identity';
import { userRegistered } from '@agora/contracts';
import { connectBroker, measureMessaging, openOutbox, startRelay } from '@agora/messaging';
import { followOwnIds } from '@agora/messaging/reading';
import { accessTokens } from './sessions/access-tokens.js';
import { authenticateAccount } from './sessions/authenticate-account.js';
import { exportSourcesOf, readConfig } from './config.js';
import { startForgettingOldData } from './forget-old-data.js';
import { internalRoutes, routes } from './http/routes.js';
import { countMails } from './limits/count-mails.js';
import { countRegistrations } from './limits/count-registrations.js';
import { startDeletingExpiredCounters } from './limits/delete-expired-counters.js';
import { countLogins } from './limits/login-attempts.js';
import { openMailQueue } from './mail/queue.js';
import { startSendingMails } from './mail/send-mails.js';
import { models } from './models/models.js';
import { openKeys } from './keys/open-keys.js';
import { followHighestCost } from './passwords/highest-cost.js';
import { openPasswords } from './passwords/passwords.js';
import { announceRevocations } from './revocations/announce-revocations.js';
import { forgetOldRevocations, readRevocations } from './revocations/revocation-log.js';
import { eraseEndedSessions } from './sessions/erase-sessions.js';
import { sessionOpener } from './sessions/open-session.js';
import { purgeExpiredSessions, purgeUsedRefreshTokens } from './sessions/purge-sessions.js';
import { successors } from './sessions/successors.js';
import { openSecondFactors } from './second-factor/second-factors.js';
import { sessionRevoker } from './sessions/revoke-sessions.js';

runProcess('auth', readConfig, async (config, { logger, started, isDraining }) => {
  const database = connectDatabase(config, 'auth', models);
  started({ stop: () => database.close() });
  measureIdSpace();
  started(startDeletingExpiredCounters(logger));
  const keys = started(await openKeys(config, logger));
  const passwords = await openPasswords(config);
  started(await followHighestCost(passwords.raiseCost, logger));
  const mails = openMailQueue(config.MAIL_NOTICES);
  const translateError = (error: unknown) => {
    const reason = whyUnavailable(error, 'accounts');
    return reason === undefined ? undefined : unavailable(reason);
  };
  const broker = connectBroker('auth', config, logger);
  const revocations = followRevocations(config, broker, logger, readRevocations);
  const userIds = openNewIds('users', database, logger.warn.bind(logger));
  const listen = { host: config.HOST, drainMilliseconds: config.SHUTDOWN_TIMEOUT_SECONDS * 500 };
  started(
    await openInternalServer({
      ...listen,
      port: config.INTERNAL_PORT,
      logger,
      routes: internalRoutes(keys, database, userIds, {
        publicEmails: config.PUBLIC_EMAILS,
        revocationsSecret: config.REVOCATIONS_SECRET,
      }),
      secret: config.INTERNAL_SECRET,
      translateError,
      isReady: async () => !isDraining() && revocations.areKnown() && (await databaseAnswers(database)),
      dependenciesAnswer: async () => (await broker.answers()) && (await databaseAnswers(database)),
    }),
  );
  started(broker);
  started(followOwnIds({ broker, logger, event: userRegistered, saw: ({ user_id: id }) => userIds.saw(id) }));
  started(revocations);
  started(announceRevocations(broker, logger));
  started(forgetOldRevocations(logger));
  started(purgeExpiredSessions(logger));
  started(purgeUsedRefreshTokens(logger));
  started(eraseEndedSessions(revocations, logger));
  started(startForgettingOldData(logger));
  started(startSendingMails(config, mails, logger));
  measureMessaging({ service: 'auth', database, broker });
  const outbox = openOutbox(database, 'auth', correlation);
  started(startRelay({ outbox, broker, connection: connectionOf(config, 'auth-relay'), logger }));
  const verifier = started(createVerifier(config, logger, revocations, keys));
  const application = createApplication({
    logger,
    middleware: [
      ...routeRequests(
        routes({
          keys,
          passwords,
          signAccessToken: accessTokens(keys, config),
          revocations,
          openSession: sessionOpener(revocations),
          revokeSessions: sessionRevoker(revocations, config),
          userIds,
          issuer: config.TOKEN_ISSUER,
          exportSources: exportSourcesOf(config),
          cursorSecret: createHmac('sha256', config.INTERNAL_SECRET).update('cursors').digest('base64url'),
          publicEmails: config.PUBLIC_EMAILS,
          successors: successors(config),
          logger,
          beginLogin: countLogins(database, config, logger),
          mails,
          countMails: countMails(database, config, logger),
          secondFactors: openSecondFactors(config),
          countRegistration: countRegistrations(database, config, logger),
        }),
        {
          authenticate: authenticateAccount(verifier),
          authenticateReader: authenticateReader(authenticateAccount(verifier), () => config.PUBLIC_READS),
          shed: shedLoad({ waiting: () => waitingStatements(database) }),
        },
      ),
    ],
    translateError,
  });
  const noticeMilliseconds = config.SHUTDOWN_NOTICE_SECONDS * 1_000;
  started(await openServer(application.callback(), { ...listen, port: config.PORT, noticeMilliseconds }));
});
