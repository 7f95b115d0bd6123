import { del, get, post, put, type Route } from '@agora/chassis';
import type { FindUser } from '../users.js';
import { deletePost, deletePostDescription } from './delete-post.js';
import { listOwnPosts, listOwnPostsDescription } from './list-own-posts.js';
import { publishPost, publishPostDescription } from './publish-post.js';
import { replacePost, replacePostDescription } from './replace-post.js';
import { showPostState } from './show-post-state.js';
import { showPost, showPostDescription } from './show-post.js';

/** What clients ask of posts, through the gateway. */
export const routes = (findUser: FindUser): Route[] => [
  post('/posts', 'user', publishPost(findUser), publishPostDescription),
  get('/posts', 'user', listOwnPosts, listOwnPostsDescription),
  get('/posts/:id', 'user', showPost, showPostDescription),
  put('/posts/:id', 'user', replacePost, replacePostDescription),
  del('/posts/:id', 'user', deletePost, deletePostDescription),
];

/** What other processes of Agora ask of posts, on the internal port. */
export const internalRoutes: Route[] = [get('/internal/posts/:id', 'service', showPostState)];
