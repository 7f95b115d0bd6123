import { defineStatement, findAnywhere, gatherReads, sql } from '@agora/database';
import type { PostState } from '@agora/contracts';
import { isAtLeast, type Caller } from '@agora/identity';
import { recordEvent, type EventRow } from '@agora/messaging';
import type { Transaction } from 'sequelize';
import { defaultName, isSameAccount, type Account, type UserView } from './author.js';
import { shownCount, stateVersion, type PostText } from './post.js';

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
  /** Of a post that a moderator has removed; nobody but its owner and moderators sees such a one. */
  removed?: { reason: string; removed_at: string };
}

/** A post with its owner, as `shownColumns` read it: most of what is asked of posts, and so not through models. */
export interface ShownPost {
  id: number;
  /** Never given to another post; null for posts of older releases. */
  post_key: string | null;
  title: string;
  content: string;
  /** Whether it is public; false while it is removed. */
  published: boolean;
  /** Whether its author has published it, while it is removed; else null. */
  author_published: boolean | null;
  version: number;
  removals: number;
  votes: number;
  created_at: string;
  updated_at: string;
  removed_at: string | null;
  removal_reason: string | null;
  owner_id: number;
  owner_key: string | null;
  owner_name: string | null;
  owner_email: string | null;
  owner_created_at: string | null;
  owner_version: number;
}

/** Of a post and its author. */
export const shownColumns = `posts.id, post_key, title, content, published, author_published, posts.version, removals, votes,
    posts.created_at, updated_at, removed_at, removal_reason, owner_id, authors.account_key AS owner_key, authors.name AS owner_name,
    authors.public_email AS owner_email, authors.created_at AS owner_created_at, authors.version + coalesce(authors.email_version, 0) AS owner_version`;

// The posts of a deleted user are erased at their own pace and seen by nobody from the moment of the tombstone.
const select = `SELECT ${shownColumns} FROM posts JOIN authors ON authors.id = owner_id`;

const byId = defineStatement('post-by-id', `${select} WHERE posts.id = $1 AND authors.deleted_at IS NULL`, {
  prepared: true,
});
// For many ids the plan depends on their number, so PostgreSQL plans each time: for a single one that would cost more than the read.
const byIds = defineStatement(
  'posts-by-ids',
  `${select} WHERE posts.id = ANY($1::int[]) AND authors.deleted_at IS NULL`,
);

const readPosts = (ids: readonly number[], transaction?: Transaction): Promise<ShownPost[]> =>
  ids.length === 1 ? sql<ShownPost>(byId, [ids[0]], transaction) : sql<ShownPost>(byIds, [ids], transaction);

/** Of all requests that came together, in one statement. */
const readPost = gatherReads(async (ids: readonly number[]) => {
  const posts = new Map((await readPosts([...new Set(ids)])).map((post) => [post.id, post]));
  return ids.map((id) => posts.get(id));
});

/** The reader of a post. */
export type Viewer = Pick<Caller, 'userId' | 'accountKey' | 'role'>;

/** The post with its owner, if the viewer may see it: a draft is its owner's alone, and what is removed the moderators' too. */
export async function findVisible(
  id: number,
  viewer: Viewer | undefined,
  transaction?: Transaction,
): Promise<ShownPost | undefined> {
  const read = async () => {
    const post = transaction ? (await readPosts([id], transaction))[0] : await readPost(id);
    return post && isVisible(post, viewer) ? post : undefined;
  };
  return transaction ? read() : findAnywhere(read);
}

function isVisible(post: ShownPost, viewer: Viewer | undefined): boolean {
  if (post.published || !viewer) return post.published;
  return isOwnedBy(post, viewer) || (post.removed_at !== null && isAtLeast(viewer.role, 'moderator'));
}

/** Whether it is that account's; another that was given the same id owns nothing of it. */
export const isOwnedBy = ({ owner_id: ownerId, owner_key: key }: ShownPost, account: Account): boolean =>
  ownerId === account.userId && isSameAccount(key, account.accountKey);

// The row of the author is held, so that the deletion of the account waits for the post and then takes it along. An id that was named before is
// drawn and not written.
const written = defineStatement(
  'write-post',
  `
    WITH author AS MATERIALIZED (SELECT * FROM authors WHERE id = $1 FOR SHARE),
    drawn AS MATERIALIZED (
      SELECT nextval(pg_get_serial_sequence('posts', 'id'))::int AS id FROM author
      WHERE created_at IS NOT NULL AND deleted_at IS NULL AND (account_key IS NULL OR $5::uuid IS NULL OR account_key = $5)
    ),
    written AS (
      INSERT INTO posts (id, owner_id, title, content, published) OVERRIDING SYSTEM VALUE
      SELECT id, $1, $2, $3, $4 FROM drawn WHERE id NOT BETWEEN $8 AND $9 RETURNING *
    ),
    recorded AS (${recordEvent(
      'written',
      'id',
      { id: '$6', envelope: '$7', partitions: '$10' },
      `jsonb_strip_nulls(jsonb_build_object('post_id', id, 'version', version + removals, 'post_key', post_key))`,
    )})
    SELECT drawn.id AS drawn, ${shownColumns}
    FROM drawn LEFT JOIN written AS posts ON posts.id = drawn.id LEFT JOIN author AS authors ON authors.id = owner_id`,
  { prepared: true },
);

/** What became of a post that was to be written. */
export interface WrittenPost {
  changed: boolean;
  /** Its id, when it was written. */
  entity?: number;
  /** The id that was drawn for it; undefined when the caller is no author. */
  drawn?: number;
  /** Missing when the id must not be given. */
  post?: ShownPost;
}

/** Writes a post of a known author together with its event; takes no id from the sequence when the account has ended or is not known. */
export async function writePost(
  { userId, accountKey }: Account,
  { title, content, published: isPublished }: PostText,
  event: EventRow,
  refusedIds: readonly [number, number],
  transaction?: Transaction,
): Promise<WrittenPost> {
  const [row] = await sql<ShownPost & { drawn: number }>(
    written,
    [
      userId,
      title,
      content,
      isPublished,
      accountKey ?? null,
      event.id,
      event.envelope,
      ...refusedIds,
      event.partitions,
    ],
    transaction,
  );
  if (!row) return { changed: false };
  const { drawn } = row;
  return row.id === drawn ? { changed: true, entity: drawn, drawn, post: row } : { changed: false, drawn };
}

// Only if the post is unchanged since it was read: a transaction must wait for concurrent changes.
const rewritten = defineStatement(
  'rewrite-post',
  `
    WITH written AS (
      UPDATE posts SET title = $4, content = $5, published = $6, version = posts.version + 1, updated_at = now()
      FROM authors
      WHERE posts.id = $1 AND posts.version = $2 AND removals = $3 AND removed_at IS NULL AND authors.id = owner_id AND authors.deleted_at IS NULL
      RETURNING posts.*
    ),
    recorded AS (${recordEvent('written', 'id', { id: '$7', envelope: '$8', partitions: '$9' })})
    SELECT ${shownColumns} FROM written AS posts JOIN authors ON authors.id = owner_id`,
  { prepared: true },
);

/** Rewrites a post that is unchanged since it was read, and records the event; does nothing if it has changed or is removed. */
export async function rewritePost(
  { id, version, removals }: ShownPost,
  { title, content, published: isPublished }: PostText,
  { id: eventId, envelope, partitions }: EventRow,
): Promise<{ changed: boolean; post?: ShownPost }> {
  const values = [id, version, removals, title, content, isPublished, eventId, envelope, partitions];
  const [post] = await sql<ShownPost>(rewritten, values);
  return post ? { changed: true, post } : { changed: false };
}

/** The public ones of the posts, with their owners. */
export const listPublished = async (ids: readonly number[]): Promise<ShownPost[]> =>
  (await readPosts(ids)).filter(({ published }) => published);

/** The data of its event. */
export const stateOf = (post: ShownPost): PostState => ({
  post_id: post.id,
  owner_id: post.owner_id,
  published: post.published,
  version: stateVersion(post),
  ...(post.post_key !== null && { post_key: post.post_key }),
  ...(post.removed_at !== null && { removed: true }),
});

/** What clients see of it. */
export const viewOf = (post: ShownPost): PostView => ({
  id: post.id,
  title: post.title,
  content: post.content,
  published: post.author_published ?? post.published,
  created_at: post.created_at,
  updated_at: post.updated_at,
  owner_id: post.owner_id,
  owner: {
    id: post.owner_id,
    name: post.owner_name ?? defaultName(post.owner_id),
    created_at: post.owner_created_at ?? '',
    ...(post.owner_email !== null && { email: post.owner_email }),
  },
  votes: shownCount(post.votes),
  ...(post.removed_at !== null && {
    removed: { reason: post.removal_reason ?? '', removed_at: post.removed_at },
  }),
});
