import { createHmac } from 'node:crypto';
import { userRegistered } from '@agora/contracts';
import { openNewIds } from '@agora/database';
import { followOwnIds } from '@agora/messaging/reading';
import { runService } from '@agora/service';
import { exportSourcesOf, readConfig } from './config.js';
import { startForgettingOldData } from './forget-old-data.js';
import { internalRoutes, routes } from './http/routes.js';
import { openKeys } from './keys/open-keys.js';
import { countMails } from './limits/count-mails.js';
import { countRegistrations } from './limits/count-registrations.js';
import { startDeletingExpiredCounters } from './limits/delete-expired-counters.js';
import { countLogins } from './limits/login-attempts.js';
import { openMailQueue } from './mail/queue.js';
import { startSendingMails } from './mail/send-mails.js';
import { models } from './models/models.js';
import { followHighestCost } from './passwords/highest-cost.js';
import { openPasswords } from './passwords/passwords.js';
import { announceRevocations } from './revocations/announce-revocations.js';
import { forgetOldRevocations, readRevocations } from './revocations/revocation-log.js';
import { openSecondFactors } from './second-factor/second-factors.js';
import { accessTokens } from './sessions/access-tokens.js';
import { authenticateAccount } from './sessions/authenticate-account.js';
import { eraseEndedSessions } from './sessions/erase-sessions.js';
import { sessionOpener } from './sessions/open-session.js';
import { purgeExpiredSessions, purgeUsedRefreshTokens } from './sessions/purge-sessions.js';
import { sessionRevoker } from './sessions/revoke-sessions.js';
import { successors } from './sessions/successors.js';

runService({
  name: 'auth',
  readConfig,
  models,
  holds: 'accounts',
  openKeys,
  readRevocations,
  authenticate: authenticateAccount,
  async open({ config, logger, database, broker, keys, revocations, started }) {
    const passwords = await openPasswords(config);
    started(await followHighestCost(passwords.raiseCost, logger));
    const userIds = openNewIds('users', database, logger.warn.bind(logger));
    started(
      followOwnIds({ broker, logger, event: userRegistered, saw: ({ user_id: id }) => userIds.saw(id) }),
    );
    started(announceRevocations(broker, logger));
    started(forgetOldRevocations(logger));
    started(purgeExpiredSessions(logger));
    started(purgeUsedRefreshTokens(logger));
    started(eraseEndedSessions(revocations, logger));
    started(startDeletingExpiredCounters(logger));
    started(startForgettingOldData(logger));
    const mails = openMailQueue(config.MAIL_NOTICES);
    started(startSendingMails(config, mails, logger));
    return {
      internalRoutes: internalRoutes(keys, database, userIds, {
        publicEmails: config.PUBLIC_EMAILS,
        revocationsSecret: config.REVOCATIONS_SECRET,
      }),
      routes: routes({
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
      needsNoToken: () => config.PUBLIC_READS,
    };
  },
});
