import { defineStatement, sql } from '@agora/database';
import { timeOf, type Step } from '@agora/monolith';
import type { Transaction } from 'sequelize';
import { Author, defaultName } from '../models/author.js';

/** A post of the old application, with its owner. */
interface OldPost {
  id: number;
  title: string;
  content: string;
  published: boolean;
  created_at: string;
  owner_id: number;
  owner_created_at: string;
}

const insertPosts = defineStatement(
  'import-posts',
  `INSERT INTO posts (id, owner_id, title, content, published, created_at, updated_at) OVERRIDING SYSTEM VALUE
   SELECT *, created_at FROM unnest($1::int[], $2::int[], $3::text[], $4::text[], $5::boolean[], $6::timestamptz[])
     AS given (id, owner_id, title, content, published, created_at)`,
);

/** Copies the posts, with their ids, and their authors. */
export const copyPosts: Step = {
  name: 'posts',
  count: 'SELECT count(*) AS rows FROM posts',
  // The old application has no limit to a content, so a page ends after 4 MB.
  page: `SELECT page.*, ${timeOf('users.created_at')} AS owner_created_at
         FROM (
           SELECT id, coalesce(title, '') AS title, coalesce(content, '') AS content,
                  coalesce(published, false) AS published, ${timeOf('created_at')} AS created_at, owner_id,
                  sum(octet_length(content)) OVER (ORDER BY id) - octet_length(content) AS bytes_before
           FROM (SELECT * FROM posts WHERE id > $1 AND owner_id <> ALL($3::int[]) AND id <> ALL($4::int[]) ORDER BY id LIMIT $2) AS next
         ) AS page JOIN users ON users.id = owner_id
         WHERE coalesce(bytes_before, 0) < 4000000 ORDER BY page.id`,
  position: ['id'],
  async write(posts: OldPost[], transaction: Transaction) {
    const authors = posts.map(({ owner_id: id, owner_created_at: createdAt }) => ({
      id,
      name: defaultName(id),
      version: 1,
      createdAt,
    }));
    await Author.bulkCreate(authors, { ignoreDuplicates: true, transaction });
    const columns = [
      posts.map(({ id }) => id),
      posts.map(({ owner_id: ownerId }) => ownerId),
      posts.map(({ title }) => title),
      posts.map(({ content }) => content),
      posts.map(({ published }) => published),
      posts.map(({ created_at: createdAt }) => createdAt),
    ];
    await sql(insertPosts, columns, transaction);
  },
};
