import { postUpdated, userUpdated } from '@agora/contracts';
import { addAllToOutbox, on } from '@agora/messaging';
import { Author } from '../models/author.js';
import { Post } from '../models/post.js';

/** So many posts show the new name on screens that follow the live feed; older ones when they are read again. */
const toldPosts = 20;

/** Shows an author by their new name, and says of their newest posts that they look different now. */
export const renameAuthorWhenUserUpdated = on(
  userUpdated,
  async ({ user_id: id, name, version }, transaction) => {
    if (!(await Author.rename(id, name, version, transaction))) return;
    const posts = await Post.listNewest(id, toldPosts, transaction);
    await addAllToOutbox(
      postUpdated,
      posts.map((post) => Object.assign(post.toState(), { was_published: true })),
      transaction,
    );
  },
);
