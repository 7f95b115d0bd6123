/** `@agora/database/provision`: the schemas and roles of a new database; loads pg alone, so that commands of the embedded stack start fast. */
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { stateOfError } from '../connect/sql-state.js';
import type { TlsOptions } from '../connect/tls.js';

/** The services, each of which owns a schema. Their ports are given in this order, so a new one goes last. */
export const schemas = ['auth', 'posts', 'votes'] as const;
export type SchemaName = (typeof schemas)[number];

/** Where a PostgreSQL server is and who connects; `user` must be able to create roles and databases. */
export interface AdminConnection {
  host: string;
  port: number;
  user: string;
  password: string;
  database: string;
  ssl?: TlsOptions['ssl'];
}

/** Passwords of the two login roles of each service. */
export type RolePasswords = Record<SchemaName, { app: string; migrator: string }>;

/** The same where IAM may let in instead: a role without one keeps what it has. */
export type OptionalPasswords = Record<SchemaName, { app?: string; migrator?: string }>;

/**
 * Two provisioners that run at once get into each other's way, for roles belong to the cluster and "if not exists" does not stand a race. Each begins
 * again when it meets the other. A lock would keep them apart, but the role of a service could take that lock too.
 */
async function untilNobodyInterferes(work: () => Promise<void>): Promise<void> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await work();
    } catch (error) {
      if (attempt === 10 || !isInterference(error)) throw error;
      await sleep(50 * attempt * (0.5 + Math.random()));
    }
  }
}

// 23505, 42710, 42P04, 42P06: another process has just created it; XX000 and 40P01: concurrent changes; 55006: the template of a new database is in use.
const isInterference = (error: unknown): boolean =>
  /^(23505|42710|42P04|42P06|40P01|55006)$/.test(stateOfError(error) ?? '') ||
  (error instanceof Error && error.message.includes('concurrently'));

/**
 * Creates the database with its extension, and per service its schema and its roles; can be repeated:
 * `<service>_owner` (no login) owns the schema, `<service>_migrator` changes it, `<service>_app` reads and writes rows.
 * On RDS `authentication` says whether the two log in by their passwords or by tokens of IAM.
 * Throws pg's error when the server cannot be reached or `user` lacks the rights.
 */
export const provisionDatabase = (
  admin: AdminConnection,
  passwords: OptionalPasswords,
  authentication: 'password' | 'iam' = 'password',
): Promise<void> => untilNobodyInterferes(() => provision(admin, passwords, authentication));

async function provision(
  admin: AdminConnection,
  passwords: OptionalPasswords,
  authentication: 'password' | 'iam',
): Promise<void> {
  await withClient({ ...admin, database: 'postgres' }, async (client) => {
    for (const schema of schemas) await createRoles(client, schema, passwords[schema]);
    await letIn(client, authentication);
    await client.query(closedDatabases);
    const found = await client.query('SELECT 1 FROM pg_database WHERE datname = $1', [admin.database]);
    if (found.rowCount === 0) await client.query(`CREATE DATABASE ${pg.escapeIdentifier(admin.database)}`);
  });
  await withClient(admin, async (client) => {
    // Only the administrator may: a service's roles can make nothing outside their schema.
    await client.query('CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public');
    await client.query(databaseGrants(admin.database));
    await client.query(noLargeObjects);
    for (const schema of schemas) await client.query(schemaStatements(schema));
  });
}

async function createRoles(
  client: pg.Client,
  schema: SchemaName,
  { app, migrator }: OptionalPasswords[SchemaName],
): Promise<void> {
  const owner = `${schema}_owner`;
  await createRole(client, owner, 'NOLOGIN');
  await createRole(client, `${schema}_migrator`, login(migrator, 5));
  await createRole(client, `${schema}_app`, login(app, 100));
  await client.query(`
    GRANT ${owner} TO ${schema}_migrator;
    ALTER ROLE ${schema}_migrator SET role = '${owner}';
    ALTER ROLE ${schema}_migrator SET search_path = ${schema}, public;
    ALTER ROLE ${schema}_migrator SET lock_timeout = '2s';
    ALTER ROLE ${schema}_app SET search_path = ${schema}, public;
    ALTER ROLE ${schema}_app SET TimeZone = 'UTC';
    ALTER ROLE ${schema}_app SET statement_timeout = '3s';
    ALTER ROLE ${schema}_app SET lock_timeout = '1s';
    ALTER ROLE ${schema}_app SET idle_in_transaction_session_timeout = '10s';
  `);
}

const login = (password: string | undefined, connections: number) =>
  `LOGIN CONNECTION LIMIT ${connections}${password ? ` PASSWORD ${pg.escapeLiteral(password)}` : ''}`;

/** RDS requires a token from members of `rds_iam` and refuses their passwords. Other servers neither have nor need that role. */
async function letIn(client: pg.Client, authentication: 'password' | 'iam'): Promise<void> {
  const members = await client.query<{ rolname: string; isMember: boolean }>(
    `SELECT member.rolname, pg_has_role(member.oid, iam.oid, 'MEMBER') AS "isMember"
     FROM pg_roles iam, pg_roles member WHERE iam.rolname = 'rds_iam' AND member.rolname = ANY($1)`,
    [schemas.flatMap((schema) => [`${schema}_app`, `${schema}_migrator`])],
  );
  for (const { rolname, isMember } of members.rows) {
    if (isMember === (authentication === 'iam')) continue;
    await client.query(isMember ? `REVOKE rds_iam FROM ${rolname}` : `GRANT rds_iam TO ${rolname}`);
  }
}

async function createRole(client: pg.Client, role: string, attributes: string): Promise<void> {
  const found = await client.query('SELECT 1 FROM pg_roles WHERE rolname = $1', [role]);
  if (found.rowCount === 0) await client.query(`CREATE ROLE ${role}`);
  await client.query(`ALTER ROLE ${role} ${attributes}`);
}

function databaseGrants(database: string): string {
  const name = pg.escapeIdentifier(database);
  const connect = schemas.map(
    (schema) => `GRANT CONNECT ON DATABASE ${name} TO ${schema}_app, ${schema}_migrator;`,
  );
  return `
    REVOKE ALL ON DATABASE ${name} FROM PUBLIC;
    REVOKE CREATE ON SCHEMA public FROM PUBLIC;
    ${connect.join('\n')}`;
}

/** Services have no business in the databases that every server has. What the administrator may not revoke (on RDS some belong to others) stays, with a warning. */
const closedDatabases = `
  GRANT CONNECT ON DATABASE postgres, template1 TO CURRENT_USER;
  REVOKE CONNECT, TEMPORARY ON DATABASE postgres, template1 FROM PUBLIC;`;

/** Large objects belong to no schema, and everybody may create them by default. An administrator without superuser rights may not even name those that are closed to everybody. */
const noLargeObjects = `
  DO $$ DECLARE made regprocedure; BEGIN
    FOR made IN SELECT oid::regprocedure FROM pg_proc
                WHERE pronamespace = 'pg_catalog'::regnamespace AND proname IN ('lo_create', 'lo_creat', 'lo_from_bytea', 'lo_import')
                  AND has_function_privilege(oid, 'EXECUTE') LOOP
      EXECUTE format('REVOKE EXECUTE ON FUNCTION %s FROM PUBLIC', made);
    END LOOP;
  END $$;`;

function schemaStatements(schema: SchemaName): string {
  const [owner, app] = [`${schema}_owner`, `${schema}_app`];
  // On RDS the administrator is no superuser and may create a schema only for a role that it is a member of.
  return `
    GRANT ${owner} TO CURRENT_USER;
    CREATE SCHEMA IF NOT EXISTS ${schema} AUTHORIZATION ${owner};
    REVOKE ALL ON SCHEMA ${schema} FROM PUBLIC;
    GRANT USAGE ON SCHEMA ${schema} TO ${app};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema} GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO ${app};
    ALTER DEFAULT PRIVILEGES FOR ROLE ${owner} IN SCHEMA ${schema} GRANT USAGE ON SEQUENCES TO ${app};`;
}

async function withClient(
  connection: AdminConnection,
  work: (client: pg.Client) => Promise<void>,
): Promise<void> {
  const client = new pg.Client({
    ...connection,
    connectionTimeoutMillis: 5_000,
    application_name: 'agora-provision',
  });
  // Without a listener, a connection that breaks while idle ends the process.
  client.on('error', () => undefined);
  await client.connect();
  try {
    await work(client);
  } finally {
    await client.end();
  }
}
