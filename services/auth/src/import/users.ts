import { defineStatement, sql } from '@agora/database';
import type { Step } from '@agora/monolith';
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
   SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::timestamptz[])`,
);

/** Copies the accounts, with their ids and the hashes of their passwords. */
export const copyUsers: Step = {
  name: 'users',
  count: 'SELECT count(*) AS rows FROM users',
  page: `SELECT id, email, password, coalesce(created_at, 'epoch')::text AS created_at
         FROM users WHERE id > $1 ORDER BY id LIMIT 1000`,
  position: ['id'],
  async write(users: OldUser[], transaction: Transaction) {
    const columns = [
      users.map(({ id }) => id),
      users.map(({ email }) => canonicalEmail(email ?? '')),
      users.map(({ password }) => password?.replace(/^\$2y\$/, twoB)),
      users.map(({ created_at: createdAt }) => createdAt),
    ];
    await sql(insertUsers, columns, transaction);
  },
};

/** PHP's name for the same hash, which the bcrypt package does not know. */
const twoB = () => '$2b$';
