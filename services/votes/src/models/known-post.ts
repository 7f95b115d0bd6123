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
    await KnownPost.learnAll([state], transaction);
  }

  /** As `learn`, of different posts; returns how many states were new. */
  static async learnAll(states: readonly PostState[], transaction?: Transaction): Promise<number> {
    const learned = await KnownPost.sequelize?.query(
      `INSERT INTO known_posts AS known (id, owner_id, published, version)
       SELECT * FROM unnest($1::int[], $2::int[], $3::boolean[], $4::int[]) AS given (id) ORDER BY id
       ON CONFLICT (id) DO UPDATE SET owner_id = EXCLUDED.owner_id, published = EXCLUDED.published, version = EXCLUDED.version
       WHERE known.version < EXCLUDED.version AND known.deleted_at IS NULL
       RETURNING id`,
      {
        bind: [
          states.map(({ post_id: id }) => id),
          states.map(({ owner_id: id }) => id),
          states.map(({ published }) => published),
          states.map(({ version }) => version),
        ],
        type: QueryTypes.SELECT,
        ...(transaction && { transaction }),
      },
    );
    return learned?.length ?? 0;
  }

  /** Leaves a tombstone, also of a post that was never heard of: its end may arrive before its beginning. */
  static async bury(id: number, transaction: Transaction): Promise<void> {
    await KnownPost.sequelize?.query(
      `INSERT INTO known_posts (id, deleted_at) VALUES ($1, now())
       ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(known_posts.deleted_at, now())`,
      { bind: [id], type: QueryTypes.INSERT, transaction },
    );
  }

  /** Makes what is known of a post what posts says, a tombstone too. */
  static async correct(state: PostState, transaction: Transaction): Promise<void> {
    const { post_id: id, owner_id: ownerId, published, version } = state;
    await KnownPost.update({ ownerId, published, version, deletedAt: null }, { where: { id }, transaction });
  }

  /** Whether that is what posts says. */
  isAs(state: PostState): boolean {
    return (
      this.deletedAt === null &&
      this.ownerId === state.owner_id &&
      this.published === state.published &&
      this.version === state.version
    );
  }
}
