import { postCreated } from '@agora/contracts';
import { highestId, openNewIds } from '@agora/database';
import { confirmedEmails } from '@agora/identity';
import { followOwnIds } from '@agora/messaging/reading';
import {
  exportAuditResults,
  startErasing,
  startPurgingQuarantine,
  startTellingHighestId,
} from '@agora/operations/serving';
import { runService } from '@agora/service';
import { authAt, readConfig, votesAt } from './config.js';
import { subscriptions } from './events/subscriptions.js';
import { carriesTicket } from './http/feed/stream-feed.js';
import { internalRoutes, routes } from './http/routes.js';
import { createLiveFeed } from './live/live-feed.js';
import { Author } from './models/author.js';
import { erasureKinds } from './models/erasures.js';
import { models } from './models/models.js';
import { startPurgingIdempotencyKeys } from './purge-idempotency-keys.js';
import { startPurgingStreamTickets } from './purge-stream-tickets.js';
import { startReconcilingAuthors } from './reconcile-authors.js';
import { findUserAt, findUsersAt } from './users.js';
import { findOwnVotesAt } from './votes.js';

runService({
  name: 'posts',
  readConfig,
  models,
  subscriptions,
  open({ config, logger, database, broker, verifier, withOwnWrites, started }) {
    const auth = authAt(config);
    const postIds = openNewIds('posts', database, logger.warn.bind(logger));
    started(followOwnIds({ broker, logger, event: postCreated, saw: ({ post_id: id }) => postIds.saw(id) }));
    started(startPurgingIdempotencyKeys(logger));
    started(startPurgingStreamTickets(logger));
    started(startReconcilingAuthors(findUsersAt(auth), config.PUBLIC_EMAILS, logger));
    started(startTellingHighestId(auth, '/internal/users/highest', () => highestId(Author), logger));
    started(startErasing(erasureKinds, database, logger));
    started(startPurgingQuarantine(logger));
    exportAuditResults();
    const liveFeed = started(
      createLiveFeed({ broker, database, logger, maxStreams: config.LIVE_STREAMS_MAX }),
    );
    return {
      internalRoutes: internalRoutes(database, postIds),
      routes: routes({
        findUser: findUserAt(auth),
        postIds,
        withOwnWrites,
        cursorSecret: config.CURSOR_SECRET,
        liveFeed,
        verifier,
        withConfirmedEmail: confirmedEmails(config.REQUIRE_CONFIRMED_EMAIL, auth),
        findOwnVotes: findOwnVotesAt(votesAt(config)),
      }),
      needsNoToken: (ctx) => config.PUBLIC_READS || carriesTicket(ctx),
      endAnswers: () => liveFeed.end(),
    };
  },
});
