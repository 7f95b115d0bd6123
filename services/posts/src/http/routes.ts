import { del, get, post, put, type Route } from '@agora/chassis';
import { listEvents } from '@agora/operations';
import type { Sequelize } from 'sequelize';
import type { FindUser } from '../users.js';
import { deletePost } from './delete-post.js';
import { listOwnPosts } from './list-own-posts.js';
import { listPostStates } from './list-post-states.js';
import { publishPost } from './publish-post.js';
import { replacePost } from './replace-post.js';
import { showPostState } from './show-post-state.js';
import { showPost } from './show-post.js';

/** What clients ask of posts, through the gateway. */
export const routes = (findUser: FindUser): Route[] => [
  post('/posts', 'user', publishPost(findUser)),
  get('/posts', 'user', listOwnPosts),
  get('/posts/:id', 'user', showPost),
  put('/posts/:id', 'user', replacePost),
  del('/posts/:id', 'user', deletePost),
];

/** What other processes of Agora ask of posts, on the internal port. */
export const internalRoutes = (database: Sequelize): Route[] => [
  get('/internal/posts', 'anyone', listPostStates),
  get('/internal/posts/:id', 'anyone', showPostState),
  get('/internal/events', 'anyone', listEvents(database)),
];
