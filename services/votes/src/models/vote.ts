import { QueryTypes, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

@Table({ tableName: 'votes' })
export class Vote extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare postId: number;

  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare userId: number;

  @Column(DataType.DATE)
  declare createdAt: Date;

  /** Adds the user's vote; false when there is one. The constraint decides, however many try at once. */
  static async add(postId: number, userId: number, transaction: Transaction): Promise<boolean> {
    const added = await Vote.sequelize?.query(
      'INSERT INTO votes (post_id, user_id) VALUES ($1, $2) ON CONFLICT DO NOTHING RETURNING post_id',
      { bind: [postId, userId], type: QueryTypes.SELECT, transaction },
    );
    return added?.length === 1;
  }

  /** Takes the user's vote back; false when there is none. */
  static async takeBack(postId: number, userId: number, transaction: Transaction): Promise<boolean> {
    return (await Vote.destroy({ where: { postId, userId }, transaction })) === 1;
  }

  /** Deletes up to `limit` votes on a post; returns how many. */
  static async eraseOn(postId: number, limit: number, transaction: Transaction): Promise<number> {
    const erased = await Vote.sequelize?.query(
      `DELETE FROM votes WHERE post_id = $1 AND user_id IN
         (SELECT user_id FROM votes WHERE post_id = $1 ORDER BY user_id LIMIT $2 FOR UPDATE) RETURNING user_id`,
      { bind: [postId, limit], type: QueryTypes.SELECT, transaction },
    );
    return erased?.length ?? 0;
  }

  /** Deletes up to `limit` votes of a user; returns the posts that they were for. */
  static async eraseOf(userId: number, limit: number, transaction: Transaction): Promise<number[]> {
    const erased = await Vote.sequelize?.query<{ post_id: number }>(
      `DELETE FROM votes WHERE user_id = $1 AND post_id IN
         (SELECT post_id FROM votes WHERE user_id = $1 ORDER BY post_id LIMIT $2 FOR UPDATE) RETURNING post_id`,
      { bind: [userId, limit], type: QueryTypes.SELECT, transaction },
    );
    return (erased ?? []).map(({ post_id: postId }) => postId);
  }
}
