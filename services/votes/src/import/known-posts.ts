import type { Step } from '@agora/monolith';
import type { Transaction } from 'sequelize';
import { KnownPost } from '../models/known-post.js';

interface OldPost {
  id: number;
  owner_id: number;
  published: boolean;
}

/** The version of an unchanged post; posts imports the same. */
const version = 1;

/** Copies the old application's posts. */
export const copyKnownPosts: Step = {
  name: 'known posts',
  count: 'SELECT count(*) AS rows FROM posts',
  page: `SELECT id, owner_id, coalesce(published, false) AS published FROM posts
         WHERE id > $1 AND owner_id <> ALL($3::int[]) AND id <> ALL($4::int[]) ORDER BY id LIMIT $2`,
  position: ['id'],
  async write(posts: OldPost[], transaction: Transaction) {
    await KnownPost.bulkCreate(
      posts.map(({ id, owner_id: ownerId, published }) => ({ id, ownerId, published, version })),
      { transaction },
    );
  },
};
