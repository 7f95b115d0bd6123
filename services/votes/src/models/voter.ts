import { QueryTypes, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

@Table({ tableName: 'voters' })
export class Voter extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;

  @Column(DataType.DATE)
  declare deletedAt: Date | null;

  /** Whether the account exists, as far as votes has heard; while the transaction runs, its deletion waits for it. */
  static async holdFromDeletion(id: number, transaction: Transaction): Promise<boolean> {
    await Voter.bulkCreate([{ id }], { ignoreDuplicates: true, transaction });
    const voter = await Voter.findByPk(id, { transaction, lock: transaction.LOCK.SHARE });
    return voter?.deletedAt === null;
  }

  /** Leaves a tombstone, also of somebody who has never voted. */
  static async bury(id: number, transaction: Transaction): Promise<void> {
    await Voter.sequelize?.query(
      `INSERT INTO voters (id, deleted_at) VALUES ($1, now())
       ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(voters.deleted_at, now())`,
      { bind: [id], type: QueryTypes.INSERT, transaction },
    );
  }
}
