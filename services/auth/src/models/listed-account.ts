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

const select = `SELECT id, name, email, email_verified_at IS NOT NULL AS email_verified, role, totp_enabled_at IS NOT NULL AS totp,
    created_at, banned_until FROM users`;
const newest = 'ORDER BY id DESC LIMIT $2';

const list = defineStatement('accounts-list', `${select} WHERE id <= $1 ${newest}`);
// Names that nobody has chosen are in no column.
const found = defineStatement(
  'accounts-found',
  `${select} WHERE id <= $1 AND (email ILIKE $3 OR coalesce(name, 'user_' || id) ILIKE $3) ${newest}`,
);

/** Accounts up to an id whose name or address contains `search`, in any case, newest first. */
export async function listAccounts(upTo: number, limit: number, search: string): Promise<ListedAccount[]> {
  const pattern = `%${search.replaceAll(/[\\%_]/g, '\\$&')}%`;
  const rows = search
    ? await sql<Row & Record<string, unknown>>(found, [upTo, limit, pattern])
    : await sql<Row & Record<string, unknown>>(list, [upTo, limit]);
  return rows.map(viewOf);
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
