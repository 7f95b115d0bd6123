import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

const tombstone = defineStatement(
  'voter-tombstone',
  `INSERT INTO voters (id, account_key, deleted_at) VALUES ($1, $2, now())
   ON CONFLICT (id) DO UPDATE SET deleted_at = coalesce(voters.deleted_at, now()), account_key = coalesce(voters.account_key, $2)
   WHERE voters.account_key IS NULL OR $2 IS NULL OR voters.account_key = $2 RETURNING id`,
);

const holdTombstone = defineStatement(
  'voter-hold-tombstone',
  'SELECT FROM voters WHERE id = $1 AND deleted_at IS NOT NULL FOR SHARE',
);

/** Whom a token speaks for. */
export interface Account {
  userId: number;
  /** Missing in tokens of older releases. */
  accountKey?: string;
}

@Table({ tableName: 'voters' })
export class Voter extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;

  @Column(DataType.DATE)
  declare deletedAt: Date | null;

  /** Unique over all time, unlike the id; null until it is known. */
  @Column(DataType.UUID)
  declare accountKey: string | null;

  /** Adds a voter, unless they are known already, above all as deleted. */
  static async upsertKnown({ userId: id, accountKey }: Account): Promise<void> {
    await Voter.bulkCreate([{ id, accountKey }], { ignoreDuplicates: true });
  }

  /**
   * Leaves a tombstone, also for a user who has never voted. Returns whether the account of that key, if any is told, is gone; another one
   * that was given the same id is not.
   */
  static async placeTombstone(
    id: number,
    transaction: Transaction,
    key: string | null = null,
  ): Promise<boolean> {
    return (await sql(tombstone, [id, key], transaction)).length > 0;
  }

  /** Whether there is a tombstone, which stays until the transaction ends. */
  static async holdTombstone(id: number, transaction: Transaction): Promise<boolean> {
    return (await sql(holdTombstone, [id], transaction)).length > 0;
  }

  /** Removes a wrong tombstone, or assigns the id to the account that has it now. */
  static async revive(id: number, transaction: Transaction, accountKey?: string): Promise<void> {
    const values = { deletedAt: null, ...(accountKey && { accountKey }) };
    await Voter.update(values, { where: { id }, transaction });
  }
}

/** Whether two keys are of one account. What was known before there were keys is: no id of that time was given again. */
export const isSameAccount = (known: string | null, told: string | undefined): boolean =>
  known === null || told === undefined || known === told;
