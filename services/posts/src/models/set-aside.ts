import { postDeleted, postUpdated } from '@agora/contracts';
import {
  defineMove,
  inTransaction,
  keepInQuarantine,
  moveRows,
  putBack,
  requestErasures,
  type SetAside,
} from '@agora/database';
import { addAllToOutbox } from '@agora/messaging';
import type { RestoredTable } from '@agora/operations';
import type { Transaction } from 'sequelize';
import { Author } from './author.js';
import { answersOfUser } from './erasures.js';
import { endOf, Post, type ErasedPost } from './post.js';

/** How many posts one transaction sets aside at most. */
const batchSize = 500;

const movePosts = defineMove(
  'posts-set-aside',
  'posts',
  'DELETE FROM posts WHERE id = ANY(ARRAY(SELECT id FROM posts WHERE owner_id = $1 ORDER BY id LIMIT $2 FOR UPDATE))',
  'id, post_key, published',
);

/** They would go with their posts, which these rows are held of until the transaction ends. */
const moveReports = defineMove(
  'reports-set-aside',
  'reports',
  `DELETE FROM reports WHERE post_id = ANY(ARRAY(SELECT id FROM posts WHERE owner_id = $1 ORDER BY id LIMIT $2 FOR UPDATE))`,
  'id',
);

/** Sets an author, their posts and what was reported of them aside, where an operator can bring them back, and lets nobody post in that name. */
export async function setAuthorAside(userId: number, how: SetAside): Promise<void> {
  let moved: ErasedPost[];
  do {
    moved = await inTransaction(async (transaction) => {
      await tombstoneAuthorAside(userId, how, transaction);
      await moveRows(moveReports, [userId, batchSize], how, transaction);
      const posts = await moveRows<ErasedPost>(movePosts, [userId, batchSize], how, transaction);
      const ends = posts.map((post) => ({ ...endOf(post), set_aside: true }));
      await addAllToOutbox(postDeleted, ends, transaction);
      await requestErasures(answersOfUser, [userId], transaction);
      return posts;
    });
  } while (moved.length === batchSize);
}

/** Leaves a tombstone for an author, whose row is kept. */
export async function tombstoneAuthorAside(
  userId: number,
  how: SetAside,
  transaction: Transaction,
): Promise<void> {
  const author = await Author.findByPk(userId, { lock: transaction.LOCK.UPDATE, transaction });
  if (author?.deletedAt === null) await keepInQuarantine('authors', rowOf(author), how, transaction);
  await Author.placeTombstone(userId, transaction);
}

const rowOf = ({ id, name, version, createdAt, accountKey }: Author) => ({
  id,
  name,
  version,
  created_at: createdAt,
  account_key: accountKey,
});

/** Brings authors back whose tombstones were left when they were set aside; returns those that are back. */
export async function bringAuthorsBack(rows: Row[], transaction: Transaction): Promise<Row[]> {
  const back: Row[] = [];
  for (const row of rows) {
    const { id, name, version, created_at: createdAt, account_key: accountKey } = row;
    const values = { name, version, createdAt, deletedAt: null };
    const [count] = await Author.update(values, { where: { id, accountKey }, transaction });
    if (count > 0) back.push(row);
  }
  return back;
}

type Row = Record<string, unknown>;

/** Restores posts and publishes that: votes then restores their votes, and each is counted again. */
export async function bringPostsBack(rows: Row[], transaction: Transaction): Promise<Row[]> {
  const again = rows.map((row) => ({ ...row, votes: 0, version: Number(row.version) + 1 }));
  const back = await putBack<{ id: number }>('posts', again, transaction);
  const posts = await Post.findAll({ where: { id: back.map(({ id }) => id) }, transaction });
  const changes = posts.map((post) =>
    Object.assign(post.toState(), { was_published: false, restored: true }),
  );
  await addAllToOutbox(postUpdated, changes, transaction);
  return back;
}

/** Restores reports whose post exists and whose reporter is not deleted; returns the restored ones. */
export async function bringReportsBack(rows: Row[], transaction: Transaction): Promise<Row[]> {
  const idsOf = (column: string) => rows.map((row) => Number(row[column]));
  const options = { attributes: ['id'], lock: transaction.LOCK.SHARE, transaction };
  const posts = await Post.findAll({ ...options, where: { id: idsOf('post_id') } });
  const reporters = await Author.findAll({
    ...options,
    where: { id: idsOf('reporter_id'), deletedAt: null },
  });
  const present = (found: { id: number }[]) => new Set(found.map(({ id }) => id));
  const [postIds, reporterIds] = [present(posts), present(reporters)];
  const possible = rows.filter(
    ({ post_id: post, reporter_id: reporter }) =>
      postIds.has(Number(post)) && reporterIds.has(Number(reporter)),
  );
  return putBack<Row>('reports', possible, transaction);
}

/** How rows come back from the quarantine: those first to which others refer. */
export const quarantined: RestoredTable[] = [
  { source: 'authors', bringBack: bringAuthorsBack, keyOf: ({ id }) => String(id) },
  { source: 'posts', bringBack: bringPostsBack, keyOf: ({ id }) => String(id) },
  { source: 'reports', bringBack: bringReportsBack, keyOf: ({ id }) => String(id) },
];
