import type { PostState } from '@agora/contracts';
import { QueryTypes, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

@Table({ tableName: 'known_posts' })
export class KnownPost extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;

  @Column(DataType.INTEGER)
  declare ownerId: number | null;

  @Column(DataType.BOOLEAN)
  declare published: boolean;

  @Column(DataType.INTEGER)
  declare version: number;

  @Column(DataType.DATE)
  declare deletedAt: Date | null;

  /** Keeps a post's state unless a newer one, or its end, is known. */
  static async learn(state: PostState, transaction?: Transaction): Promise<void> {
    await KnownPost.sequelize?.query(
      `INSERT INTO known_posts AS known (id, owner_id, published, version) VALUES ($1, $2, $3, $4)
       ON CONFLICT (id) DO UPDATE SET owner_id = EXCLUDED.owner_id, published = EXCLUDED.published, version = EXCLUDED.version
       WHERE known.version < EXCLUDED.version AND known.deleted_at IS NULL`,
      {
        bind: [state.post_id, state.owner_id, state.published, state.version],
        type: QueryTypes.INSERT,
        ...(transaction && { transaction }),
      },
    );
  }

  /** Leaves a tombstone, also of a post that was never heard of: its end may arrive before its beginning. */
  static async bury(id: number, transaction: Transaction): Promise<void> {
    await KnownPost.sequelize?.query(
      `INSERT INTO known_posts (id, deleted_at) VALUES ($1, now())
       ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(known_posts.deleted_at, now())`,
      { bind: [id], type: QueryTypes.INSERT, transaction },
    );
  }
}
