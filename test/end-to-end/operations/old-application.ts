import { randomBytes } from 'node:crypto';
import { currentStack } from '@agora/testing';
import pg from 'pg';

/** A database of the replaced application, and an Agora without any data, both on the server of the tests. */
export interface Migration {
  /** Runs a statement on the old application's database. */
  old(statement: string, values?: unknown[]): Promise<Record<string, unknown>[]>;
  /** Runs a statement as the administrator of the new database, on one connection. */
  agora(statement: string): Promise<Record<string, unknown>[]>;
  /** The settings of `npm run import-monolith`. */
  environment: Record<string, string>;
  /** The name of the new database. */
  name: string;
  end(): Promise<void>;
}

/** The tables as SQLAlchemy made them. */
const schema = `
  CREATE TABLE users (
    id serial PRIMARY KEY, email varchar NOT NULL UNIQUE, password varchar NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE TABLE posts (
    id serial PRIMARY KEY, title varchar NOT NULL, content varchar NOT NULL, published boolean NOT NULL DEFAULT true,
    created_at timestamptz NOT NULL DEFAULT now(), owner_id integer NOT NULL REFERENCES users ON DELETE CASCADE
  );
  CREATE TABLE votes (
    user_id integer REFERENCES users ON DELETE CASCADE, post_id integer REFERENCES posts ON DELETE CASCADE,
    PRIMARY KEY (user_id, post_id)
  );`;

export async function startMigration(): Promise<Migration> {
  const { postgres, databasePasswords } = currentStack();
  const suffix = randomBytes(4).toString('hex');
  const [oldName, name] = [`old_${suffix}`, `new_${suffix}`];
  const admin = new pg.Client({ ...postgres, database: 'postgres' });
  await admin.connect();
  await admin.query(`CREATE DATABASE ${oldName}`);
  await admin.query(`CREATE DATABASE ${name} TEMPLATE agora_template`);
  const [oldClient, agoraClient] = [oldName, name].map(
    (database) => new pg.Client({ ...postgres, database }),
  ) as [pg.Client, pg.Client];
  await Promise.all([oldClient.connect(), agoraClient.connect()]);
  await oldClient.query(schema);
  const { user, password, host, port } = postgres;
  return {
    old: async (statement, values = []) => (await oldClient.query(statement, values)).rows,
    agora: async (statement) => (await agoraClient.query(statement)).rows,
    name,
    environment: {
      PATH: process.env.PATH ?? '',
      NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE ?? '',
      MONOLITH_URL: `postgres://${user}:${password}@${host}:${port}/${oldName}`,
      DATABASE_HOST: host,
      DATABASE_PORT: String(port),
      DATABASE_NAME: name,
      AUTH_APP_PASSWORD: databasePasswords.auth.app,
      POSTS_APP_PASSWORD: databasePasswords.posts.app,
      VOTES_APP_PASSWORD: databasePasswords.votes.app,
    },
    async end() {
      await Promise.all([oldClient.end(), agoraClient.end()]);
      for (const database of [oldName, name]) await admin.query(`DROP DATABASE ${database} WITH (FORCE)`);
      await admin.end();
    },
  };
}
