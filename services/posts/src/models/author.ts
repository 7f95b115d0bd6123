import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';
import { Column, DataType, Model, Table } from 'sequelize-typescript';

/** The public part of an account. */
export interface UserView {
  id: number;
  name: string;
  created_at: string;
  /** Only with the setting `PUBLIC_EMAILS`. */
  email?: string;
}

/** An account as auth describes it to other services. */
export interface KnownUser extends UserView {
  /** Of two states of an account the one with the higher version is the newer. */
  version: number;
  /** Never given twice, unlike the id; missing in answers of older releases. */
  account_key?: string;
}

/** Whom a token speaks for. */
export interface Account {
  userId: number;
  /** Missing in tokens of older releases. */
  accountKey?: string;
}

/** What is known of an account. */
interface Standing {
  account_key: string | null;
  deleted: boolean;
}

/** The name of an author about whom nothing else is known yet: auth's default name. */
export const defaultName = (id: number): string => `user_${id}`;

const standing = defineStatement(
  'author-standing',
  'SELECT account_key, deleted_at IS NOT NULL AS deleted FROM authors WHERE id = $1 AND (created_at IS NOT NULL OR deleted_at IS NOT NULL)',
  { prepared: true },
);
// Of two names the one of the higher version stays; the time of registration never changes.
const upsert = defineStatement(
  'author-upsert',
  `INSERT INTO authors AS known (id, name, version, created_at, account_key, public_email, email_version)
   SELECT id, name, version, created_at, account_key, email, CASE WHEN email IS NULL THEN NULL ELSE version END
   FROM jsonb_to_recordset($1) AS given (id int, name text, version int, created_at timestamptz, account_key uuid, email text) ORDER BY id
   ON CONFLICT (id) DO UPDATE SET
     created_at = EXCLUDED.created_at,
     account_key = coalesce(known.account_key, EXCLUDED.account_key),
     name = CASE WHEN known.version > EXCLUDED.version THEN known.name ELSE EXCLUDED.name END,
     version = greatest(known.version, EXCLUDED.version),
     public_email = EXCLUDED.public_email,
     email_version = EXCLUDED.email_version
   WHERE known.deleted_at IS NULL AND coalesce(known.account_key = EXCLUDED.account_key, true)`,
);
const rename = defineStatement(
  'author-rename',
  `INSERT INTO authors AS known (id, name, version) VALUES ($1, $2, $3)
   ON CONFLICT (id) DO UPDATE SET name = EXCLUDED.name, version = EXCLUDED.version
   WHERE known.version < EXCLUDED.version AND known.deleted_at IS NULL RETURNING id`,
);
const place = defineStatement('author-place', 'INSERT INTO authors (id) VALUES ($1) ON CONFLICT DO NOTHING');
const hold = defineStatement(
  'author-hold',
  `SELECT id FROM authors WHERE id = $1 AND deleted_at IS NULL
   AND (account_key IS NULL OR $2::uuid IS NULL OR account_key = $2) FOR SHARE`,
);
const tombstone = defineStatement(
  'author-tombstone',
  `INSERT INTO authors (id, account_key, deleted_at) VALUES ($1, $2, now())
   ON CONFLICT (id) DO UPDATE SET name = NULL, email = NULL, public_email = NULL, created_at = NULL,
     deleted_at = coalesce(authors.deleted_at, now()), account_key = coalesce(authors.account_key, $2)
   WHERE authors.account_key IS NULL OR $2 IS NULL OR authors.account_key = $2 RETURNING id`,
);
const unnamed = defineStatement(
  'author-unnamed',
  'SELECT id FROM authors WHERE id > $1 AND name IS NULL AND deleted_at IS NULL ORDER BY id LIMIT $2',
);
const withoutEmail = defineStatement(
  'author-without-email',
  `SELECT id, deleted_at IS NULL AND email_version IS NULL AS "isWithout" FROM authors WHERE id > $1 ORDER BY id LIMIT $2`,
);
const outdated = defineStatement(
  'author-outdated-email',
  'SELECT id FROM authors WHERE email_version <> version AND deleted_at IS NULL ORDER BY id LIMIT $1',
);
/** What another replica forgets is not waited for. */
const forget = (
  column: 'email' | 'public_email',
  changes: string,
) => `UPDATE authors SET ${changes} WHERE id = ANY(ARRAY(
   SELECT id FROM authors WHERE ${column} IS NOT NULL ORDER BY id LIMIT $1 FOR UPDATE SKIP LOCKED)) RETURNING id`;
const forgetOldEmails = defineStatement('author-forget-old-emails', forget('email', 'email = NULL'));
const forgetPublicEmails = defineStatement(
  'author-forget-public-emails',
  forget('public_email', 'public_email = NULL, email_version = NULL'),
);

const holdTombstone = defineStatement(
  'author-hold-tombstone',
  'SELECT FROM authors WHERE id = $1 AND deleted_at IS NOT NULL FOR SHARE',
);

@Table({ tableName: 'authors' })
export class Author extends Model {
  @Column({ type: DataType.INTEGER, primaryKey: true })
  declare id: number;

  /** Null until auth was asked. */
  @Column(DataType.STRING(30))
  declare name: string | null;

  @Column(DataType.INTEGER)
  declare version: number;

  /** Null until auth was asked. */
  @Column(DataType.DATE)
  declare createdAt: Date | null;

  @Column(DataType.DATE)
  declare deletedAt: Date | null;

  /** Unique over all time, unlike the id; null until it is known. */
  @Column(DataType.UUID)
  declare accountKey: string | null;

  /** Upserts accounts as auth described them, except those that are known as deleted. */
  static async upsertKnown(users: readonly KnownUser[]): Promise<void> {
    await sql(upsert, [JSON.stringify(users)]);
  }

  /** How an account stands, once it is known when it began or that it ended; `another` when the id is another account's here, or may be. */
  static async standingOf({ userId, accountKey }: Account): Promise<'known' | 'another' | undefined> {
    const [known] = await sql<Standing & Record<string, unknown>>(standing, [userId]);
    if (!known) return undefined;
    // A tombstone without a key comes from an older release: only auth knows the account.
    const isOther = known.account_key === null ? known.deleted : known.account_key !== accountKey;
    return accountKey !== undefined && isOther ? 'another' : 'known';
  }

  /** Stores a newer name, also for a user who has not posted yet: a concurrent answer of auth may be older. Returns whether the name was newer. */
  static async rename(id: number, name: string, version: number, transaction: Transaction): Promise<boolean> {
    return (await sql(rename, [id, name, version], transaction)).length > 0;
  }

  /** Locks a user's row, so that the deletion of the account waits for their write; false if the account has been deleted, or the id is another's here. */
  static async hold({ userId, accountKey }: Account, transaction: Transaction): Promise<boolean> {
    await sql(place, [userId], transaction);
    return (await sql(hold, [userId, accountKey ?? null], transaction)).length > 0;
  }

  /**
   * Leaves a tombstone, also of an unknown author: their account may be deleted before their first post arrives. Returns whether
   * the account of that key, if one is given, is deleted; another account that was given the same id is not.
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

  /** The ids of the next authors after `id` without a name. */
  static async unnamedAfter(id: number, limit: number): Promise<number[]> {
    return (await sql<{ id: number }>(unnamed, [id, limit])).map((row) => row.id);
  }

  /** Looks at the next authors after one: the last of them, and those whose address auth was never asked for. */
  static async withoutEmailAfter(id: number, limit: number): Promise<{ last?: number; ids: number[] }> {
    const rows = await sql<{ id: number; isWithout: boolean }>(withoutEmail, [id, limit]);
    const last = rows.length === limit ? rows.at(-1) : undefined;
    return { ids: rows.filter((row) => row.isWithout).map((row) => row.id), ...(last && { last: last.id }) };
  }

  /** Some of the authors whose address may have changed since auth was asked for it. */
  static async withOutdatedEmail(limit: number): Promise<number[]> {
    return (await sql<{ id: number }>(outdated, [limit])).map((row) => row.id);
  }

  /** Forgets up to `limit` addresses of each kind that must not be kept: those of older releases, and all unless they are public. Returns the number for the kind with the most. */
  static async forgetEmails(keepsPublic: boolean, limit: number): Promise<number> {
    const old = await sql(forgetOldEmails, [limit]);
    const shown = keepsPublic ? [] : await sql(forgetPublicEmails, [limit]);
    return Math.max(old.length, shown.length);
  }

  /** Makes an author what auth says, a tombstone too. */
  static async correct(user: KnownUser, transaction: Transaction): Promise<void> {
    const { id, name, version, created_at: createdAt, account_key: key } = user;
    const values = { name, version, createdAt, deletedAt: null, ...(key && { accountKey: key }) };
    await Author.update(values, { where: { id }, transaction });
  }

  /** Whether auth's answer, if any, agrees. */
  isAs(user: KnownUser): boolean {
    return (
      this.deletedAt === null &&
      isSameAccount(this.accountKey, user.account_key) &&
      (this.name === null || (this.name === user.name && this.version === user.version)) &&
      (this.createdAt === null || this.createdAt.toISOString() === user.created_at)
    );
  }
}

/** Whether two keys are of one account. What was known before there were keys is: no id of that time was given again. */
export const isSameAccount = (known: string | null, told: string | undefined): boolean =>
  known === null || told === undefined || known === told;
