import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';
import type { PostState } from '@agora/contracts';
import { defineStatement, sql } from '@agora/database';
import { isAtLeast, type Caller } from '@agora/identity';

/** What the author of a post writes. */
export interface PostText {
  title: string;
  content: string;
  published: boolean;
}

/** The ILIKE pattern for texts that contain `search`, with its wildcards escaped. */
export const containing = (search: string): string => `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;

/** What orders the states of a post for other services: it grows with every change of the text and with every act of a moderator. */
export const stateVersion = ({ version, removals }: { version: number; removals: number }): number =>
  version + removals;

/** What clients see of a count. */
export const shownCount = (votes: number): number => Math.max(0, votes);

const eraseOf = defineStatement(
  'posts-erase-of',
  `DELETE FROM posts WHERE id = ANY(ARRAY(
     SELECT id FROM posts WHERE owner_id = $1 ORDER BY id LIMIT $2 FOR UPDATE)) RETURNING id, post_key, published`,
);
// Locked in one order everywhere: two batches that share posts would else each wait for the other.
const addVotes = defineStatement(
  'posts-add-votes',
  `WITH held AS MATERIALIZED (SELECT id FROM posts WHERE id = ANY($1::int[]) ORDER BY id FOR NO KEY UPDATE)
   UPDATE posts SET votes = posts.votes + given.delta
   FROM unnest($1::int[], $2::int[]) AS given (id, delta) JOIN held USING (id) WHERE posts.id = held.id`,
  { prepared: true },
);

/** A deleted post, and whether it was public. */
export interface ErasedPost {
  id: number;
  post_key: string | null;
  published: boolean;
}

/** The data of the event that a post was deleted. */
export const endOf = ({ id, post_key: key, published: isPublished }: ErasedPost) => ({
  post_id: id,
  ...(key && { post_key: key }),
  was_published: isPublished,
});

@Table({ tableName: 'posts' })
export class Post extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true, autoIncrement: true })
  declare id: number;

  /** Never given to another post; null for posts of older releases. */
  @Column(DataType.UUID)
  declare postKey: string | null;

  @Column(DataType.INTEGER)
  declare ownerId: number;

  @Column(DataType.TEXT)
  declare title: string;

  @Column(DataType.TEXT)
  declare content: string;

  /** Whether it is public; false while it is removed. */
  @Column(DataType.BOOLEAN)
  declare published: boolean;

  /** Whether its author has published it, while it is removed; else null. */
  @Column(DataType.BOOLEAN)
  declare authorPublished: boolean | null;

  @Column(DataType.DATE)
  declare removedAt: Date | null;

  @Column(DataType.TEXT)
  declare removalReason: string | null;

  /** Grows with every act of a moderator, so that these change neither the text's version nor whether `If-Match` holds. */
  @Column(DataType.INTEGER)
  declare removals: number;

  /** Grows with every change of the text, not of the votes. */
  @Column(DataType.INTEGER)
  declare version: number;

  /** Changed by deltas as vote events come in; below zero only while events are out of order. */
  @Column(DataType.INTEGER)
  declare votes: number;

  @Column(DataType.DATE)
  declare createdAt: Date;

  @Column(DataType.DATE)
  declare updatedAt: Date;

  /** The ids and counts of the public ones of the posts. */
  static listCounts(ids: ReadonlySet<number>): Promise<Post[]> {
    return Post.findAll({ attributes: ['id', 'votes'], where: { id: [...ids], published: true } });
  }

  /** The user's own post without its owner; while the transaction runs, nothing else changes it. */
  static holdOwn(id: number, ownerId: number, transaction: Transaction): Promise<Post | null> {
    return Post.findOne({ where: { id, ownerId }, lock: transaction.LOCK.UPDATE, transaction });
  }

  /** A post without its owner; while the transaction runs, nothing else changes it. */
  static hold(id: number, transaction: Transaction): Promise<Post | null> {
    return Post.findByPk(id, { lock: transaction.LOCK.UPDATE, transaction });
  }

  /** The author's newest public posts. */
  static listNewest(ownerId: number, limit: number, transaction: Transaction): Promise<Post[]> {
    return Post.findAll({ where: { ownerId, published: true }, order: [['id', 'DESC']], limit, transaction });
  }

  /** Writes the given parts of a text; who publishes a removed post has it published once it is back. */
  async rewrite({ published, ...text }: Partial<PostText>, transaction: Transaction): Promise<void> {
    const shown = this.removedAt === null ? { published } : { authorPublished: published };
    const changes = { ...text, ...(published !== undefined && shown) };
    await this.update({ ...changes, version: this.version + 1, updatedAt: new Date() }, { transaction });
  }

  /** Hides the post from all but its owner and moderators, or gives another reason for that. */
  async hide(reason: string, transaction: Transaction): Promise<void> {
    const first = { published: false, authorPublished: this.published, removedAt: new Date() };
    const changes = { removalReason: reason, removals: this.removals + 1 };
    await this.update({ ...changes, ...(this.removedAt === null && first) }, { transaction });
  }

  /** Reverts a removal. */
  async bringBack(transaction: Transaction): Promise<void> {
    const published = this.authorPublished ?? false;
    const back = { published, authorPublished: null, removedAt: null, removalReason: null };
    await this.update({ ...back, removals: this.removals + 1 }, { transaction });
  }

  /** Deletes up to `limit` posts of a user; returns the data of their events. */
  static eraseOf(ownerId: number, limit: number, transaction: Transaction): Promise<ErasedPost[]> {
    return sql(eraseOf, [ownerId, limit], transaction);
  }

  /** Adds to each post's count; posts that are gone are passed over. */
  static async addVotes(deltas: ReadonlyMap<number, number>, transaction: Transaction): Promise<void> {
    await sql(addVotes, [[...deltas.keys()], [...deltas.values()]], transaction);
  }

  /** The stored counts of posts by their ids, which may be negative. */
  static async countsOf(ids: readonly number[]): Promise<Map<number, number>> {
    const posts = await Post.findAll({ attributes: ['id', 'votes'], where: { id: [...ids] } });
    return new Map(posts.map(({ id, votes }) => [id, votes]));
  }

  /** The count of a post, which nobody else changes while the transaction runs. */
  static async holdCount(id: number, transaction: Transaction): Promise<number | undefined> {
    const post = await Post.findByPk(id, {
      attributes: ['id', 'votes'],
      lock: transaction.LOCK.NO_KEY_UPDATE,
      transaction,
    });
    return post?.votes;
  }

  /** As of `findVisible`. */
  isVisibleTo({ userId, role }: Pick<Caller, 'userId' | 'role'>): boolean {
    return (
      this.published || this.ownerId === userId || (this.removedAt !== null && isAtLeast(role, 'moderator'))
    );
  }

  toState(): PostState {
    return {
      post_id: this.id,
      owner_id: this.ownerId,
      published: this.published,
      version: stateVersion(this),
      ...(this.postKey !== null && { post_key: this.postKey }),
      ...(this.removedAt !== null && { removed: true }),
    };
  }
}
