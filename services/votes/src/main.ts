import { highestId } from '@agora/database';
import { confirmedEmails } from '@agora/identity';
import {
  exportAuditResults,
  startErasing,
  startPurgingQuarantine,
  startTellingHighestId,
} from '@agora/operations/serving';
import { runService } from '@agora/service';
import { authAt, postsAt, readConfig } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { internalRoutes, routes } from './http/routes.js';
import { erasureKinds } from './models/erasures.js';
import { KnownPost } from './models/known-post.js';
import { models } from './models/models.js';
import { Voter } from './models/voter.js';
import { findPostStateAt } from './post-states.js';
import { findUserAt } from './users.js';

runService({
  name: 'votes',
  readConfig,
  models,
  subscriptions,
  open({ config, logger, database, withOwnWrites, started }) {
    const [auth, posts] = [authAt(config), postsAt(config)];
    started(startTellingHighestId(posts, '/internal/posts/highest', () => highestId(KnownPost), logger));
    started(startTellingHighestId(auth, '/internal/users/highest', () => highestId(Voter), logger));
    started(startErasing(erasureKinds, database, logger));
    started(startPurgingQuarantine(logger));
    exportAuditResults();
    const withConfirmedEmail = confirmedEmails(config.REQUIRE_CONFIRMED_EMAIL, auth);
    return {
      internalRoutes: internalRoutes(database),
      routes: routes(findPostStateAt(posts), findUserAt(auth), withOwnWrites, withConfirmedEmail),
    };
  },
});
