import { defineStatement, sql } from '@agora/database';
import type { Role } from '@agora/identity';
import { literal, type Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

/** The public part of an account; with `PUBLIC_EMAILS` also its address. */
export interface UserView {
  id: number;
  name: string;
  created_at: string;
  email?: string;
}

/** What its owner sees of an account. */
export interface AccountView {
  id: number;
  name: string;
  email: string;
  email_verified: boolean;
  role: Role;
  /** Whether a second factor is on. */
  totp: boolean;
  created_at: string;
}

/** How other services see an account. */
export interface KnownUser extends UserView {
  /** Never given twice, unlike the id. */
  account_key: string;
  /** Grows with every change of what is shown here. */
  version: number;
}

/** What a login has proved about an account as it was read. */
export interface Proof {
  id: number;
  /** The hash that the password was checked against. */
  passwordHash: string;
  /** The second factor that a code was given of; null where there was none. */
  secondFactor: string | null;
  newHash?: string | undefined;
}

// A code works once, also for two concurrent logins: the row is locked while the code is checked.
const useStep = defineStatement(
  'use-totp-step',
  `UPDATE users SET totp_used_steps = ARRAY(SELECT step FROM unnest(totp_used_steps || $2::int) AS step WHERE step > $2::int - 10)
         WHERE id = $1 AND totp_enabled_at IS NOT NULL AND totp_secret = $3 AND NOT $2::int = ANY (totp_used_steps) RETURNING id`,
  { prepared: true },
);

// An UPDATE that violates the constraint fails, and PostgreSQL logs the address; an INSERT can do nothing on conflict with an account that has the
// address, and waits for a transaction that is about to take it. The row reserves the address until the account has it; no other transaction ever sees the row.
const insertPlaceholder = defineStatement(
  'reserve-email',
  `INSERT INTO users (id, email, password_hash) OVERRIDING SYSTEM VALUE VALUES (-$1::int, $2, '') ON CONFLICT DO NOTHING RETURNING id`,
);
const deletePlaceholder = defineStatement('reserve-email-done', 'DELETE FROM users WHERE id = -$1::int');

@Table({ tableName: 'users' })
export class User extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true, autoIncrement: true })
  declare id: number;

  @Column(DataType.STRING(254))
  declare email: string;

  /** None where the owner has not chosen one. */
  @Column(DataType.STRING(30))
  declare name: string | null;

  @Column(DataType.INTEGER)
  declare version: number;

  @Column(DataType.TEXT)
  declare passwordHash: string;

  /** Never given twice, unlike the id, which a restored backup may give again. */
  @Column(DataType.UUID)
  declare accountKey: string;

  @Column(DataType.TEXT)
  declare role: Role;

  @Column(DataType.DATE)
  declare emailVerifiedAt: Date | null;

  /** The number of the newest session. */
  @Column({ type: DataType.BIGINT, get: numberIn('lastSessionNumber') })
  declare lastSessionNumber: number;

  /** Sessions whose number is not greater have ended, and wait to be erased; -1 where none have. */
  @Column({ type: DataType.BIGINT, get: numberIn('sessionsEndedUpTo') })
  declare sessionsEndedUpTo: number;
  /** Encrypted; there is one from when it is prepared, before the second factor is on. */
  @Column(DataType.TEXT)
  declare totpSecret: string | null;

  @Column(DataType.DATE)
  declare totpEnabledAt: Date | null;

  /** The steps of time whose codes were used, the last few. */
  @Column(DataType.ARRAY(DataType.INTEGER))
  declare totpUsedSteps: number[];

  /** As `endOfBan` says for a ban without an end; a time that has passed is no ban. */
  @Column(DataType.DATE)
  declare bannedUntil: Date | null;

  @Column(DataType.DATE)
  declare createdAt: Date;

  /** Takes the number of the account's next session, and holds the account until the transaction ends; undefined when it has another password or second factor by now. A `newHash` takes the place of the hash. */
  static async takeSessionNumber(
    { id, passwordHash, secondFactor, newHash = passwordHash }: Proof,
    transaction: Transaction,
  ): Promise<User | undefined> {
    const [, [user]] = await User.update(
      { lastSessionNumber: literal('last_session_number + 1'), passwordHash: newHash },
      { where: { id, passwordHash }, returning: true, transaction },
    );
    return user?.secondFactor === secondFactor ? user : undefined;
  }

  /** Makes sure that the account can be given an address in this transaction; false when another has it, or gets it first. */
  static async reserveEmail(id: number, email: string, transaction: Transaction): Promise<boolean> {
    const [reserved] = await sql(insertPlaceholder, [id, email], transaction);
    if (reserved) await sql(deletePlaceholder, [id], transaction);
    return reserved !== undefined;
  }

  /** Records that a code of this step was used; false if one was already, or if the second factor has changed. */
  static useTotpStep = async (id: number, step: number, totpSecret: string): Promise<boolean> =>
    (await sql(useStep, [id, step, totpSecret])).length > 0;

  /** The encrypted secret of the second factor, null while it is off. */
  get secondFactor(): string | null {
    return this.totpEnabledAt ? this.totpSecret : null;
  }

  isBanned(): boolean {
    return this.bannedUntil !== null && this.bannedUntil.getTime() > Date.now();
  }

  /** The name that others see. */
  get shownName(): string {
    return this.name ?? defaultName(this.id);
  }

  /** By name, so that what the table gains one day is not shown by accident. */
  toView(showsEmail: boolean): UserView {
    return {
      id: this.id,
      name: this.shownName,
      created_at: this.createdAt.toISOString(),
      ...(showsEmail && { email: this.email }),
    };
  }

  toAccount(): AccountView {
    return {
      id: this.id,
      name: this.shownName,
      email: this.email,
      email_verified: this.emailVerifiedAt !== null,
      role: this.role,
      totp: this.totpEnabledAt !== null,
      created_at: this.createdAt.toISOString(),
    };
  }

  /** What is published of it. */
  toFact(): { user_id: number; account_key: string; name: string; version: number } {
    return {
      user_id: this.id,
      account_key: this.accountKey,
      name: this.shownName,
      version: this.version,
    };
  }

  toKnownUser(showsEmail: boolean): KnownUser {
    return { ...this.toView(showsEmail), account_key: this.accountKey, version: this.version };
  }
}

/** The name of an account whose owner has chosen none; nobody else can take it. */
export const defaultName = (id: number): string => `user_${id}`;

/** Reads a 64-bit integer, which Postgres gives as text. */
function numberIn(attribute: 'lastSessionNumber' | 'sessionsEndedUpTo') {
  return function (this: User): number {
    return Number(this.getDataValue(attribute));
  };
}
