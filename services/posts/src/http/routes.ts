import { del, get, patch, post, put, type Route, type WithOwnWrites } from '@agora/chassis';
import type { FindUser } from '../users.js';
import { changePost } from './change-post.js';
import { deletePost } from './delete-post.js';
import { listFeed } from './list-feed.js';
import { listOwnPosts } from './list-own-posts.js';
import { publishPost } from './publish-post.js';
import { replacePost } from './replace-post.js';
import { showPostState } from './show-post-state.js';
import { showPost } from './show-post.js';

/** What clients ask of posts, through the gateway. */
export const routes = (findUser: FindUser, withOwnWrites: WithOwnWrites, cursorSecret: string): Route[] => [
  post('/posts', 'user', publishPost(findUser)),
  get('/posts', 'user', withOwnWrites(listOwnPosts)),
  get('/posts/:id', 'user', withOwnWrites(showPost)),
  put('/posts/:id', 'user', replacePost),
  patch('/posts/:id', 'user', changePost),
  del('/posts/:id', 'user', deletePost),
  get('/feed', 'user', withOwnWrites(listFeed(cursorSecret))),
];

/** What other processes of Agora ask of posts, on the internal port. */
export const internalRoutes: Route[] = [get('/internal/posts/:id', 'service', showPostState)];
