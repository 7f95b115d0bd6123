import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

/** An account as auth shows it. */
export interface UserView {
  id: number;
  email: string;
  created_at: string;
}

const known = defineStatement('author-is-known', 'SELECT FROM authors WHERE id = $1', { prepared: true });
const tombstone = defineStatement(
  'author-tombstone',
  `INSERT INTO authors (id, deleted_at) VALUES ($1, now())
   ON CONFLICT (id) DO UPDATE SET email = NULL, created_at = NULL, deleted_at = coalesce(authors.deleted_at, now())`,
);

const holdTombstone = defineStatement(
  'author-hold-tombstone',
  'SELECT FROM authors WHERE id = $1 AND deleted_at IS NOT NULL FOR SHARE',
);

@Table({ tableName: 'authors' })
export class Author extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;

  @Column(DataType.STRING(254))
  declare email: string | null;

  @Column(DataType.DATE)
  declare createdAt: Date | null;

  @Column(DataType.DATE)
  declare deletedAt: Date | null;

  /** Keeps what auth told of an account, unless it is known already, above all as deleted. */
  static async learn({ id, email, created_at: createdAt }: UserView): Promise<void> {
    await Author.bulkCreate([{ id, email, createdAt }], { ignoreDuplicates: true });
  }

  /** Whether anything was heard of the account, be it its end. */
  static async isKnown(id: number): Promise<boolean> {
    return (await sql(known, [id])).length > 0;
  }

  /** Leaves a tombstone, also of an author who was never heard of: their account may be deleted before their first post arrives. */
  static async bury(id: number, transaction: Transaction): Promise<void> {
    await sql(tombstone, [id], transaction);
  }

  /** Whether there is a tombstone, which stays until the transaction ends. */
  static async holdTombstone(id: number, transaction: Transaction): Promise<boolean> {
    return (await sql(holdTombstone, [id], transaction)).length > 0;
  }

  /** Makes an author what auth says, a tombstone too. */
  static async correct(
    { id, email, created_at: createdAt }: UserView,
    transaction: Transaction,
  ): Promise<void> {
    await Author.update({ email, createdAt, deletedAt: null }, { where: { id }, transaction });
  }

  /** Whether that is what auth says. */
  isAs(user: UserView): boolean {
    return (
      this.deletedAt === null &&
      this.email === user.email &&
      this.createdAt?.toISOString() === user.created_at
    );
  }
}
