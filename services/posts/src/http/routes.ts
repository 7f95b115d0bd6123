/** The endpoints: `posts/` one post · `feed/` lists of posts, and the live feed · `moderation/` reports and removals · `internal/` what other services ask. */
import { del, get, patch, post, put, type Route } from '@agora/http';
import { readingOwnWrites, type WithOwnWrites } from '@agora/http/reads';
import type { Verifier, WithConfirmedEmail } from '@agora/identity';
import type { LiveFeed } from '../live/live-feed.js';
import type { NewIds } from '@agora/database';
import { listEvents, showHighestId } from '@agora/operations/serving';
import type { Sequelize } from 'sequelize';
import type { FindUser } from '../users.js';
import type { FindOwnVotes } from '../votes.js';
import { changePost, changePostDescription } from './posts/change-post.js';
import { deletePost, deletePostDescription } from './posts/delete-post.js';
import { issueStreamTicket, issueStreamTicketDescription } from './feed/issue-stream-ticket.js';
import { listFeed, listFeedDescription } from './feed/list-feed.js';
import { listOwnPosts, listOwnPostsDescription } from './posts/list-own-posts.js';
import { listPostStates } from './internal/list-post-states.js';
import { listPostsOfOwner } from './internal/list-posts-of-owner.js';
import { showPostState } from './internal/show-post-state.js';
import { listModerationLog, listModerationLogDescription } from './moderation/list-moderation-log.js';
import { listReports, listReportsDescription } from './moderation/list-reports.js';
import { removePost, removePostDescription } from './moderation/remove-post.js';
import { reportPost, reportPostDescription } from './moderation/report-post.js';
import { restorePost, restorePostDescription } from './moderation/restore-post.js';
import { dismissReport, dismissReportDescription } from './moderation/dismiss-report.js';
import { publishPost, publishPostDescription } from './posts/publish-post.js';
import { replacePost, replacePostDescription } from './posts/replace-post.js';
import { showPost, showPostDescription } from './posts/show-post.js';
import { streamFeed, streamFeedDescription } from './feed/stream-feed.js';

export interface Dependencies {
  findUser: FindUser;
  postIds: NewIds;
  withOwnWrites: WithOwnWrites;
  /** Signs the cursors of lists. */
  cursorSecret: string;
  liveFeed: LiveFeed;
  verifier: Verifier;
  findOwnVotes: FindOwnVotes;
  withConfirmedEmail: WithConfirmedEmail;
}

/** What clients ask of posts, through the gateway. */
export const routes = ({
  findUser,
  postIds,
  withOwnWrites,
  cursorSecret,
  liveFeed,
  verifier,
  findOwnVotes,
  withConfirmedEmail,
}: Dependencies): Route[] => [
  post('/posts', 'user', withConfirmedEmail(publishPost(findUser, postIds)), publishPostDescription),
  get(
    '/posts',
    'user',
    withOwnWrites(listOwnPosts(cursorSecret, findOwnVotes)),
    readingOwnWrites(listOwnPostsDescription),
  ),
  get('/posts/:id', 'reader', withOwnWrites(showPost(findOwnVotes)), readingOwnWrites(showPostDescription)),
  put('/posts/:id', 'user', withConfirmedEmail(replacePost), replacePostDescription),
  patch('/posts/:id', 'user', withConfirmedEmail(changePost), changePostDescription),
  del('/posts/:id', 'user', deletePost, deletePostDescription),
  get(
    '/feed',
    'reader',
    withOwnWrites(listFeed(cursorSecret, findOwnVotes)),
    readingOwnWrites(listFeedDescription),
  ),
  get('/feed/stream', 'reader', streamFeed(liveFeed, verifier), streamFeedDescription),
  post('/feed/stream/tickets', 'user', issueStreamTicket, issueStreamTicketDescription),

  post('/posts/:id/reports', 'user', reportPost(findUser), reportPostDescription),
  put('/posts/:id/removal', 'user', removePost, removePostDescription),
  del('/posts/:id/removal', 'user', restorePost, restorePostDescription),
  get('/moderation/reports', 'user', listReports(cursorSecret), listReportsDescription),
  del('/moderation/reports/:id', 'user', dismissReport, dismissReportDescription),
  get(
    '/moderation/log',
    'user',
    withOwnWrites(listModerationLog(cursorSecret)),
    readingOwnWrites(listModerationLogDescription),
  ),
];

/** What other processes of Agora ask of posts, on the internal port. */
export const internalRoutes = (database: Sequelize, postIds: NewIds): Route[] => [
  get('/internal/posts/highest', 'service', showHighestId(postIds)),
  get('/internal/posts', 'service', listPostStates),
  get('/internal/posts/:id', 'service', showPostState),
  get('/internal/users/:id/posts', 'service', listPostsOfOwner),
  get('/internal/events', 'service', listEvents(database)),
];
