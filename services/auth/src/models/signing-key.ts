import type { JsonWebKey } from 'node:crypto';
import { defineStatement, sql } from '@agora/database';
import { fn, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

const takeTurn = defineStatement(
  'signing-keys-take-turn',
  'LOCK TABLE signing_keys IN SHARE ROW EXCLUSIVE MODE',
);

@Table({ tableName: 'signing_keys' })
export class SigningKey extends Model {
  @Column({ type: DataType.TEXT, primaryKey: true })
  declare kid: string;

  @Column(DataType.TEXT)
  declare algorithm: string;

  @Column(DataType.JSONB)
  declare publicJwk: JsonWebKey;

  /** PKCS #8 in PEM, encrypted with `SIGNING_KEY_SECRET`; null once it is retired. */
  @Column(DataType.TEXT)
  declare encryptedPrivateKey: string | null;

  @Column(DataType.DATE)
  declare createdAt: Date;

  /** When it begins to sign; null until a running auth has published it. */
  @Column(DataType.DATE)
  declare activatesAt: Date | null;

  @Column(DataType.DATE)
  declare retiredAt: Date | null;

  /** The time of the database at which this was read: clocks of replicas may differ, that one decides. */
  declare readAt: Date;

  /** The keys of an algorithm, oldest first, the retired ones only if asked for. */
  static async of(
    algorithm: string,
    { withRetired = false, transaction }: { withRetired?: boolean; transaction?: Transaction } = {},
  ): Promise<SigningKey[]> {
    const keys = await SigningKey.findAll({
      attributes: { include: [[fn('now'), 'readAt']] },
      where: withRetired ? { algorithm } : { algorithm, retiredAt: null },
      order: ['created_at', 'kid'],
      ...(transaction && { transaction }),
    });
    for (const key of keys) key.readAt = key.get<'readAt'>('readAt');
    return keys;
  }

  /** Locks the keys until the transaction ends: of several concurrent rotations all but one find the key already created. */
  static async takeTurn(transaction: Transaction): Promise<void> {
    await sql(takeTurn, [], transaction);
  }

  /** Ends keys and forgets their private halves. */
  static async retire(kids: string[], transaction: Transaction): Promise<void> {
    await SigningKey.update(
      { retiredAt: fn('now'), encryptedPrivateKey: null },
      { where: { kid: kids, retiredAt: null }, transaction },
    );
  }
}
