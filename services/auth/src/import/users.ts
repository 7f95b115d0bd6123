import { defineStatement, sql } from '@agora/database';
import { timeOf, type Step } from '@agora/monolith';
import type { Transaction } from 'sequelize';
import { canonicalEmail } from '../email.js';

/** An account of the old application. */
export interface OldUser {
  id: number;
  email: string | null;
  password: string | null;
  created_at: string;
}

const insertUsers = defineStatement(
  'import-users',
  `INSERT INTO users (id, email, password_hash, created_at) OVERRIDING SYSTEM VALUE
   SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[]) ON CONFLICT DO NOTHING RETURNING id`,
);

/** Copies the accounts, with their ids and the hashes of their passwords. */
export const copyUsers: Step = {
  name: 'users',
  count: 'SELECT count(*) AS rows FROM users',
  page: `SELECT id, email, password, ${timeOf('created_at')} AS created_at
         FROM users WHERE id > $1 AND id <> ALL($3::int[]) AND cardinality($4::int[]) >= 0 ORDER BY id LIMIT $2`,
  position: ['id'],
  async write(users: OldUser[], transaction: Transaction) {
    const columns = [
      users.map(({ id }) => id),
      users.map(({ email }) => canonicalEmail(email ?? '')),
      users.map(({ password }) => password?.replace(/^\$2y\$/, twoB)),
      users.map(({ created_at: createdAt }) => createdAt),
    ];
    const copied = new Set(
      (await sql<{ id: number }>(insertUsers, columns, transaction)).map(({ id }) => id),
    );
    // Not the error of the database, which would log the address.
    const clashing = users.map(({ id }) => id).filter((id) => !copied.has(id));
    if (clashing.length > 0)
      throw new Error(`an account here has the id or the address of: ${clashing.slice(0, 100).join(', ')}`);
  },
};

/** PHP's name for the same hash, which the bcrypt package does not know. */
const twoB = () => '$2b$';
