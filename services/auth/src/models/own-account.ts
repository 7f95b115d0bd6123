import { defineStatement, gatherReads, sql, type Statement } from '@agora/database';
import { defaultName, type AccountView } from './user.js';

const findAccounts = defineStatement(
  'find-accounts',
  `SELECT id, name, email, email_verified_at IS NOT NULL AS email_verified, role, totp_enabled_at IS NOT NULL AS totp, created_at
   FROM users WHERE id = ANY($1::int[])`,
  { prepared: true },
);
const findKeys = defineStatement(
  'find-account-keys',
  'SELECT id, account_key FROM users WHERE id = ANY($1::int[])',
  { prepared: true },
);

/** Returns a function that reads a row by its id, for all concurrent requests in one statement. */
const readById = <Row extends { id: number }>(statement: Statement) =>
  gatherReads(async (ids: readonly number[]) => {
    const rows = await sql<Row>(statement, [[...new Set(ids)]]);
    const byId = new Map(rows.map((row) => [row.id, row]));
    return ids.map((id) => byId.get(id));
  });

const readAccount = readById<AccountView & { name: string | null }>(findAccounts);
const readKey = readById<{ id: number; account_key: string }>(findKeys);

/** What its owner sees of the account with that id; undefined when there is none. */
export async function findAccount(id: number): Promise<AccountView | undefined> {
  const found = await readAccount(id);
  return found && { ...found, name: found.name ?? defaultName(id) };
}

/** The key of the account with that id; undefined when there is none. */
export const findAccountKey = async (id: number): Promise<string | undefined> =>
  (await readKey(id))?.account_key;
