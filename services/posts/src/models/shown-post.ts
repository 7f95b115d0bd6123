import { defineStatement, gather, sql } from '@agora/database';
import type { PostState } from '@agora/contracts';
import type { Transaction } from 'sequelize';
import type { UserView } from './author.js';
import { shownCount, type PostText } from './post.js';

/** What a client sees of a post. */
export interface PostView {
  id: number;
  title: string;
  content: string;
  published: boolean;
  created_at: string;
  updated_at: string;
  owner_id: number;
  owner: UserView;
  votes: number;
  /** Whether the caller has voted for it, where that was asked for; null when it is not known. */
  my_vote?: boolean | null;
}

/** A post with its owner, as `shownColumns` read it: most of what is asked of posts, and so not through models. */
export interface ShownPost {
  id: number;
  /** Never given to another post; null for posts of older releases. */
  post_key: string | null;
  title: string;
  content: string;
  published: boolean;
  version: number;
  votes: number;
  created_at: string;
  updated_at: string;
  owner_id: number;
  owner_email: string | null;
  owner_created_at: string | null;
}

/** Of a post and its author. */
export const shownColumns = `posts.id, post_key, title, content, published, version, votes, posts.created_at, updated_at, owner_id,
    authors.email AS owner_email, authors.created_at AS owner_created_at`;

// The posts of a deleted user are erased at their own pace and seen by nobody from the moment of the tombstone.
const select = `SELECT ${shownColumns} FROM posts JOIN authors ON authors.id = owner_id`;

const byId = defineStatement('post-by-id', `${select} WHERE posts.id = $1 AND authors.deleted_at IS NULL`, {
  prepared: true,
});
// Of many ids the plan depends on how many they are, so PostgreSQL makes it anew each time: for one that would be dearer than the read.
const byIds = defineStatement(
  'posts-by-ids',
  `${select} WHERE posts.id = ANY($1::int[]) AND authors.deleted_at IS NULL`,
);

const readPosts = (ids: readonly number[], transaction?: Transaction): Promise<ShownPost[]> =>
  ids.length === 1 ? sql<ShownPost>(byId, [ids[0]], transaction) : sql<ShownPost>(byIds, [ids], transaction);

/** Of all requests that came together, in one statement. */
const readPost = gather(async (ids: readonly number[]) => {
  const posts = new Map((await readPosts([...new Set(ids)])).map((post) => [post.id, post]));
  return ids.map((id) => posts.get(id));
});

/** The post with its owner, if the user may see it: a draft is its owner's alone. */
export async function findVisible(
  id: number,
  userId: number,
  transaction?: Transaction,
): Promise<ShownPost | undefined> {
  const post = transaction ? (await readPosts([id], transaction))[0] : await readPost(id);
  return post && (post.published || post.owner_id === userId) ? post : undefined;
}

// The row of the author is held, so that the deletion of the account waits for the post and then takes it along.
const written = defineStatement(
  'write-post',
  `
    WITH author AS MATERIALIZED (SELECT id, email, created_at, deleted_at FROM authors WHERE id = $1 FOR SHARE),
    written AS (
      INSERT INTO posts (owner_id, title, content, published)
      SELECT id, $2, $3, $4 FROM author WHERE deleted_at IS NULL RETURNING *
    )
    SELECT ${shownColumns} FROM written AS posts JOIN author AS authors ON authors.id = owner_id`,
  { prepared: true },
);

/** Writes a post of an author who is known; undefined when their account has ended. */
export async function writePost(
  ownerId: number,
  { title, content, published: isPublished }: PostText,
  transaction: Transaction,
): Promise<ShownPost | undefined> {
  const [post] = await sql<ShownPost>(written, [ownerId, title, content, isPublished], transaction);
  return post;
}

/** Those of the posts that everybody may see, with their owners. */
export const listPublished = async (ids: readonly number[]): Promise<ShownPost[]> =>
  (await readPosts(ids)).filter(({ published }) => published);

/** What other services are told of it. */
export const stateOf = ({
  id,
  owner_id,
  published: isPublished,
  version,
  post_key: key,
}: ShownPost): PostState => ({
  post_id: id,
  owner_id,
  published: isPublished,
  version,
  ...(key && { post_key: key }),
});

/** What clients see of it. */
export const viewOf = (post: ShownPost): PostView => ({
  id: post.id,
  title: post.title,
  content: post.content,
  published: post.published,
  created_at: post.created_at,
  updated_at: post.updated_at,
  owner_id: post.owner_id,
  owner: {
    id: post.owner_id,
    email: post.owner_email ?? '',
    created_at: post.owner_created_at ?? '',
  },
  votes: shownCount(post.votes),
});
