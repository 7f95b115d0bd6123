import { defineStatement, sql } from '@agora/database';
import type { Role } from '@agora/identity';
import { showBannedUntil } from './ban.js';
import { defaultName, type AccountView } from './user.js';

/** What admins and operators see of an account. */
export interface ListedAccount extends AccountView {
  /** Null where there is no ban; the last second of the year 9999 for one without an end. */
  banned_until: string | null;
}

interface Row {
  id: number;
  name: string | null;
  email: string;
  email_verified: boolean;
  role: Role;
  totp: boolean;
  created_at: string;
  banned_until: string | null;
}

const columns = `id, name, email, email_verified_at IS NOT NULL AS email_verified, role, totp_enabled_at IS NOT NULL AS totp,
    created_at, banned_until`;

const list = defineStatement(
  'accounts-list',
  `SELECT ${columns} FROM users WHERE id <= $1 ORDER BY id DESC LIMIT $2`,
);

// Default names are not stored.
const matches = "(email ILIKE $3 OR coalesce(name, 'user_' || id::text) ILIKE $3)";
/** How many accounts a search looks through before it asks the index, which finds few at once and would have to sort many. */
const looksThrough = 10_000;

const foundAmong = defineStatement(
  'accounts-found-among',
  `SELECT * FROM (
     SELECT ${columns}, ${matches} AS found, row_number() OVER (ORDER BY id DESC) = ${looksThrough} AS bound
     FROM (SELECT * FROM users WHERE id <= $1 ORDER BY id DESC LIMIT ${looksThrough}) AS users
   ) AS seen WHERE found OR bound ORDER BY id DESC LIMIT $2`,
);
const found = defineStatement(
  'accounts-found',
  `WITH found AS MATERIALIZED (SELECT id FROM users WHERE id <= $1 AND ${matches})
   SELECT ${columns} FROM users WHERE id = ANY(ARRAY(SELECT id FROM found ORDER BY id DESC LIMIT $2)) ORDER BY id DESC`,
);

/** Some accounts, and up to which id there may be more. */
export interface ListedAccounts {
  accounts: ListedAccount[];
  next?: number;
}

/**
 * Accounts up to an id whose name or address contains `search`, in any case, newest first. A search for less than three letters or digits in a row
 * may find fewer than there are before `next`.
 */
export async function listAccounts(upTo: number, limit: number, search: string): Promise<ListedAccounts> {
  if (!search) return pageOf(await sql<Row & object>(list, [upTo, limit + 1]), limit);
  const values = [upTo, limit + 1, `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`];
  const seen = await sql<Row & { found: boolean; bound: boolean }>(foundAmong, values);
  const among = seen.filter((row) => row.found);
  const last = seen.at(-1);
  if (among.length > limit || !last?.bound) return pageOf(among, limit);
  if (/[a-z\d]{3}/i.test(search)) return pageOf(await sql<Row & object>(found, values), limit);
  return { ...pageOf(among, limit), ...(last.id > 1 && { next: last.id - 1 }) };
}

function pageOf(rows: readonly Row[], limit: number): ListedAccounts {
  const further = rows[limit];
  return { accounts: rows.slice(0, limit).map(viewOf), ...(further && { next: further.id }) };
}

const viewOf = (row: Row): ListedAccount => ({
  id: row.id,
  name: row.name ?? defaultName(row.id),
  email: row.email,
  email_verified: row.email_verified,
  role: row.role,
  totp: row.totp,
  created_at: row.created_at,
  banned_until: showBannedUntil(row.banned_until === null ? null : new Date(row.banned_until)),
});
