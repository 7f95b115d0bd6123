import type { Answer } from '@agora/chassis';
import { QueryTypes, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

/** A request that is the first under its key, or a retry. */
export interface Claim {
  userId: number;
  key: string;
  /** SHA-256. */
  bodyDigest: Buffer;
}

/** How long an answer is kept. */
const retention = `interval '24 hours'`;

/** The first answer to a user's request under a key. */
@Table({ tableName: 'idempotency_keys' })
export class IdempotencyKey extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare userId: number;

  @Column({ type: DataType.STRING(255), primaryKey: true })
  declare key: string;

  @Column(DataType.BLOB)
  declare bodyDigest: Buffer;

  @Column(DataType.SMALLINT)
  declare status: number;

  @Column(DataType.JSONB)
  declare headers: Record<string, string>;

  @Column(DataType.TEXT)
  declare body: string;

  @Column(DataType.DATE)
  declare createdAt: Date;

  /**
   * Holds a key until the transaction ends, however it ends; false at once while another transaction does. By a lock and not by
   * a row: of a row that is not committed others learn only by waiting for it.
   */
  static async tryHold({ userId, key }: Claim, transaction: Transaction): Promise<boolean> {
    const rows = await IdempotencyKey.sequelize?.query<{ held: boolean }>(
      'SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS held',
      { bind: [`posts.idempotency-key/${userId}/${key}`], type: QueryTypes.SELECT, transaction },
    );
    return rows?.[0]?.held ?? false;
  }

  /** What was answered first, unless that is too long ago. */
  static async findFirst({ userId, key }: Claim, transaction: Transaction): Promise<IdempotencyKey | null> {
    const found = await IdempotencyKey.sequelize?.query(
      `SELECT * FROM idempotency_keys WHERE user_id = $1 AND key = $2 AND created_at > now() - ${retention}`,
      { bind: [userId, key], model: IdempotencyKey, mapToModel: true, transaction },
    );
    return found?.[0] ?? null;
  }

  /** Keeps the first answer, in place of one that is too old. */
  static async keep(
    { userId, key, bodyDigest }: Claim,
    { status, headers, body }: Answer,
    transaction: Transaction,
  ): Promise<void> {
    await IdempotencyKey.sequelize?.query(
      `INSERT INTO idempotency_keys (user_id, key, body_digest, status, headers, body) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (user_id, key) DO UPDATE SET body_digest = EXCLUDED.body_digest, status = EXCLUDED.status,
         headers = EXCLUDED.headers, body = EXCLUDED.body, created_at = EXCLUDED.created_at`,
      {
        bind: [userId, key, bodyDigest, status, JSON.stringify(headers), body],
        type: QueryTypes.INSERT,
        transaction,
      },
    );
  }

  /** Deletes up to `limit` keys of a user; returns how many. */
  static async eraseOf(userId: number, limit: number, transaction: Transaction): Promise<number> {
    const erased = await IdempotencyKey.sequelize?.query(
      `DELETE FROM idempotency_keys WHERE user_id = $1 AND key IN
         (SELECT key FROM idempotency_keys WHERE user_id = $1 ORDER BY key LIMIT $2 FOR UPDATE) RETURNING key`,
      { bind: [userId, limit], type: QueryTypes.SELECT, transaction },
    );
    return erased?.length ?? 0;
  }

  /** Deletes up to `limit` keys whose answers are no longer kept; returns how many. */
  static async deleteExpired(limit: number): Promise<number> {
    // What another replica deletes is not waited for.
    const deleted = await IdempotencyKey.sequelize?.query(
      `DELETE FROM idempotency_keys WHERE (user_id, key) IN
         (SELECT user_id, key FROM idempotency_keys WHERE created_at <= now() - ${retention} LIMIT $1 FOR UPDATE SKIP LOCKED)
       RETURNING key`,
      { bind: [limit], type: QueryTypes.SELECT },
    );
    return deleted?.length ?? 0;
  }

  toAnswer(): Answer {
    return { status: this.status, headers: this.headers, body: this.body };
  }
}
