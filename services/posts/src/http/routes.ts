import { del, get, patch, post, put, readingOwnWrites, type Route, type WithOwnWrites } from '@agora/chassis';
import type { FindUser } from '../users.js';
import { changePost, changePostDescription } from './change-post.js';
import { deletePost, deletePostDescription } from './delete-post.js';
import { listFeed, listFeedDescription } from './list-feed.js';
import { listOwnPosts, listOwnPostsDescription } from './list-own-posts.js';
import { publishPost, publishPostDescription } from './publish-post.js';
import { replacePost, replacePostDescription } from './replace-post.js';
import { showPostState } from './show-post-state.js';
import { showPost, showPostDescription } from './show-post.js';

/** What clients ask of posts, through the gateway. */
export const routes = (findUser: FindUser, withOwnWrites: WithOwnWrites, cursorSecret: string): Route[] => [
  post('/posts', 'user', publishPost(findUser), publishPostDescription),
  get('/posts', 'user', withOwnWrites(listOwnPosts), readingOwnWrites(listOwnPostsDescription)),
  get('/posts/:id', 'user', withOwnWrites(showPost), readingOwnWrites(showPostDescription)),
  put('/posts/:id', 'user', replacePost, replacePostDescription),
  patch('/posts/:id', 'user', changePost, changePostDescription),
  del('/posts/:id', 'user', deletePost, deletePostDescription),
  get('/feed', 'user', withOwnWrites(listFeed(cursorSecret)), readingOwnWrites(listFeedDescription)),
];

/** What other processes of Agora ask of posts, on the internal port. */
export const internalRoutes: Route[] = [get('/internal/posts/:id', 'service', showPostState)];
