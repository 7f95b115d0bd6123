import { del, get, patch, post, put, type Route, type WithOwnWrites } from '@agora/chassis';
import type { Verifier } from '@agora/identity';
import type { LiveFeed } from '../live/live-feed.js';
import { listEvents } from '@agora/operations';
import type { Sequelize } from 'sequelize';
import type { FindUser } from '../users.js';
import { changePost } from './change-post.js';
import { deletePost } from './delete-post.js';
import { listFeed } from './list-feed.js';
import { listOwnPosts } from './list-own-posts.js';
import { listPostStates } from './list-post-states.js';
import { publishPost } from './publish-post.js';
import { replacePost } from './replace-post.js';
import { showPostState } from './show-post-state.js';
import { showPost } from './show-post.js';
import { streamFeed } from './stream-feed.js';

interface Dependencies {
  findUser: FindUser;
  withOwnWrites: WithOwnWrites;
  /** Signs the cursors of the feed. */
  cursorSecret: string;
  liveFeed: LiveFeed;
  verifier: Verifier;
}

/** What clients ask of posts, through the gateway. */
export const routes = ({
  findUser,
  withOwnWrites,
  cursorSecret,
  liveFeed,
  verifier,
}: Dependencies): Route[] => [
  post('/posts', 'user', publishPost(findUser)),
  get('/posts', 'user', withOwnWrites(listOwnPosts)),
  get('/posts/:id', 'user', withOwnWrites(showPost)),
  put('/posts/:id', 'user', replacePost),
  patch('/posts/:id', 'user', changePost),
  del('/posts/:id', 'user', deletePost),
  get('/feed', 'user', withOwnWrites(listFeed(cursorSecret))),
  get('/feed/stream', 'user', streamFeed(liveFeed, verifier)),
];

/** What other processes of Agora ask of posts, on the internal port. */
export const internalRoutes = (database: Sequelize): Route[] => [
  get('/internal/posts', 'service', listPostStates),
  get('/internal/posts/:id', 'service', showPostState),
  get('/internal/events', 'service', listEvents(database)),
];
