import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

const tombstone = defineStatement(
  'voter-tombstone',
  `INSERT INTO voters (id, deleted_at) VALUES ($1, now())
   ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(voters.deleted_at, now())`,
);

const holdTombstone = defineStatement(
  'voter-hold-tombstone',
  'SELECT FROM voters WHERE id = $1 AND deleted_at IS NOT NULL FOR SHARE',
);

@Table({ tableName: 'voters' })
export class Voter extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;

  @Column(DataType.DATE)
  declare deletedAt: Date | null;

  /** Keeps that somebody votes, unless they are known already, above all as deleted. */
  static async learn(id: number): Promise<void> {
    await Voter.bulkCreate([{ id }], { ignoreDuplicates: true });
  }

  /** Leaves a tombstone, also of somebody who has never voted. */
  static async bury(id: number, transaction: Transaction): Promise<void> {
    await sql(tombstone, [id], transaction);
  }

  /** Whether there is a tombstone, which stays until the transaction ends. */
  static async holdTombstone(id: number, transaction: Transaction): Promise<boolean> {
    return (await sql(holdTombstone, [id], transaction)).length > 0;
  }

  /** Takes a tombstone back that should not be there. */
  static async revive(id: number, transaction: Transaction): Promise<void> {
    await Voter.update({ deletedAt: null }, { where: { id }, transaction });
  }
}
