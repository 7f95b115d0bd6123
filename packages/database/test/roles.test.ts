import { describe, expect, it } from '@jest/globals';
import { currentStack, query } from '@agora/testing';
import pg from 'pg';
import { provisionDatabase, schemas, type SchemaName } from '../src/index.js';

/** Every service has one. */
const tableOf = (schema: string) => `${schema}.outbox`;

async function attempt(
  user: string,
  password: string,
  statement: string,
  database = currentStack().worker.database,
): Promise<string> {
  const { postgres } = currentStack();
  const client = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    database,
    user,
    password,
  });
  try {
    await client.connect();
    await client.query(statement);
    return 'done';
  } catch (error) {
    return (error as { code?: string }).code ?? String(error);
  } finally {
    await client.end();
  }
}

const asApp = (schema: (typeof schemas)[number], statement: string) =>
  attempt(`${schema}_app`, currentStack().databasePasswords[schema].app, statement);

const insufficientPrivilege = '42501';

describe.each(schemas)('the role %s_app', (schema) => {
  it('reads and writes its own tables', async () => {
    expect(await asApp(schema, `SELECT * FROM ${tableOf(schema)} LIMIT 1`)).toBe('done');
    expect(await asApp(schema, `DELETE FROM ${tableOf(schema)} WHERE false`)).toBe('done');
    expect(await asApp(schema, `SELECT ${schema}.maintain_partitions('outbox', 7)`)).toBe('done');
  });

  it.each(schemas.filter((other) => other !== schema))('cannot see the schema %s', async (other) => {
    expect(await asApp(schema, `SELECT 1 FROM ${tableOf(other)}`)).toBe(insufficientPrivilege);
    expect(await asApp(schema, `SELECT ${other}.maintain_partitions('outbox', 7)`)).toBe(
      insufficientPrivilege,
    );
  });

  it.each([
    `CREATE TABLE ${schema}.intruder (id int)`,
    'CREATE TABLE public.intruder (id int)',
    'CREATE SCHEMA intruder',
    `DROP TABLE ${tableOf(schema)}`,
    `DROP TABLE ${tableOf(schema)}_default`,
    `ALTER TABLE ${tableOf(schema)} ADD COLUMN intruder int`,
    `TRUNCATE ${tableOf(schema)}`,
    'CREATE TEMPORARY TABLE intruder (id int)',
    'CREATE ROLE intruder',
    'SELECT lo_create(0)',
    `SELECT lo_from_bytea(0, 'x')`,
    `DELETE FROM ${schema}.migrations`,
    `INSERT INTO ${schema}.migrations VALUES ('x')`,
    `BEGIN; LOCK TABLE ${schema}.migrations IN SHARE UPDATE EXCLUSIVE MODE`,
    `SET ROLE ${schema}_owner`,
  ])('is refused %s', async (statement) => {
    expect(await asApp(schema, statement)).toBe(insufficientPrivilege);
  });
});

describe.each(schemas)('the role %s_app', (schema) => {
  const { app } = currentStack().databasePasswords[schema];

  it.each(['postgres', 'template1'])('cannot connect to the database %s', async (database) => {
    expect(await attempt(`${schema}_app`, app, 'SELECT 1', database)).toBe(insufficientPrivilege);
  });

  it.each(schemas.filter((other) => other !== schema))('can lock nothing of %s', async (other) => {
    expect(await asApp(schema, `BEGIN; LOCK TABLE ${other}.migrations IN ACCESS SHARE MODE`)).toBe(
      insufficientPrivilege,
    );
  });
});

describe('every application role', () => {
  it('cannot run a statement without a timeout', async () => {
    expect(await Promise.all(schemas.map((schema) => asApp(schema, 'SELECT pg_sleep(30)')))).toEqual(
      schemas.map(() => '57014'),
    );
  }, 10_000);
});

describe.each(schemas)('the role %s_migrator', (schema) => {
  const asMigrator = (statement: string) =>
    attempt(`${schema}_migrator`, currentStack().databasePasswords[schema].migrator, statement);

  it('changes its own schema, and no other', async () => {
    expect(await asMigrator(`CREATE TABLE ${schema}.attempt (id int); DROP TABLE ${schema}.attempt`)).toBe(
      'done',
    );
    for (const other of schemas.filter((each) => each !== schema)) {
      expect(await asMigrator(`DROP TABLE ${tableOf(other)}`)).toBe(insufficientPrivilege);
    }
  });
});

describe('provisionDatabase', () => {
  it('can be called again, also concurrently', async () => {
    const { postgres, worker, databasePasswords } = currentStack();
    const admin = { ...postgres, database: worker.database };
    await Promise.all([1, 2, 3].map(() => provisionDatabase(admin, databasePasswords)));
    expect(await asApp('posts', 'SELECT 1 FROM posts.posts LIMIT 1')).toBe('done');
  });

  it('switches the roles of services to IAM on RDS, and back to passwords', async () => {
    const { postgres, worker, databasePasswords } = currentStack();
    const admin = { ...postgres, database: worker.database };
    const members = () =>
      query('SELECT member::regrole::text FROM pg_auth_members WHERE roleid = $1::regrole ORDER BY 1', [
        'rds_iam',
      ]).then((rows) => rows.map(({ member }) => String(member)));
    await query('CREATE ROLE rds_iam');
    try {
      const nobody = Object.fromEntries(schemas.map((schema) => [schema, {}])) as Record<SchemaName, object>;
      await provisionDatabase(admin, nobody, 'iam');
      await provisionDatabase(admin, nobody, 'iam');
      expect(await members()).toEqual(schemas.flatMap((schema) => [`${schema}_app`, `${schema}_migrator`]));
      await provisionDatabase(admin, databasePasswords);
      expect(await members()).toEqual([]);
    } finally {
      await query('DROP ROLE rds_iam');
    }
    expect(await asApp('posts', 'SELECT 1 FROM posts.posts LIMIT 1')).toBe('done');
  });
});
