import { defineStatement, sql } from '@agora/database';
import type { Role } from '@agora/identity';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

/** What everybody sees of an account; with `PUBLIC_EMAILS` its address too. */
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

/** What other services are told of an account. */
export interface KnownUser extends UserView {
  /** Grows with every change of what is shown here. */
  version: number;
}

const takeNumber = defineStatement(
  'take-session-number',
  `UPDATE users SET last_session_number = last_session_number + 1
   WHERE id = $1 AND password_hash = $2 RETURNING last_session_number AS number`,
  { prepared: true },
);

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

  @Column(DataType.DATE)
  declare createdAt: Date;

  /** Takes the number of the account's next session, and holds the account until the transaction ends; undefined when this is not its password's hash any more. */
  static async takeSessionNumber(
    id: number,
    passwordHash: string,
    transaction: Transaction,
  ): Promise<number | undefined> {
    const [taken] = await sql<{ number: string }>(takeNumber, [id, passwordHash], transaction);
    return taken && Number(taken.number);
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
      totp: false,
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
    return { ...this.toView(showsEmail), version: this.version };
  }
}

/** The name of an account whose owner has chosen none; nobody else can take it. */
export const defaultName = (id: number): string => `user_${id}`;
