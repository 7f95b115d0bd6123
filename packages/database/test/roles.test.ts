import { describe, expect, it } from '@jest/globals';
import { currentStack } from '@agora/testing';
import pg from 'pg';
import { provisionDatabase, schemas } from '../src/index.js';

/** Every service has one. */
const tableOf = (schema: string) => `${schema}.outbox`;

async function attempt(user: string, password: string, statement: string): Promise<string> {
  const { postgres, worker } = currentStack();
  const client = new pg.Client({
    host: postgres.host,
    port: postgres.port,
    database: worker.database,
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
  });

  it.each(schemas.filter((other) => other !== schema))('cannot see the schema %s', async (other) => {
    expect(await asApp(schema, `SELECT 1 FROM ${tableOf(other)}`)).toBe(insufficientPrivilege);
  });

  it.each([
    `CREATE TABLE ${schema}.intruder (id int)`,
    'CREATE TABLE public.intruder (id int)',
    'CREATE SCHEMA intruder',
    `DROP TABLE ${tableOf(schema)}`,
    `ALTER TABLE ${tableOf(schema)} ADD COLUMN intruder int`,
    `TRUNCATE ${tableOf(schema)}`,
    'CREATE TEMPORARY TABLE intruder (id int)',
    'CREATE ROLE intruder',
    `SET ROLE ${schema}_owner`,
  ])('is refused %s', async (statement) => {
    expect(await asApp(schema, statement)).toBe(insufficientPrivilege);
  });
});

describe('every application role', () => {
  it('may not run a statement for ever', async () => {
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
  it('can be called again, also by several at once', async () => {
    const { postgres, worker, databasePasswords } = currentStack();
    const admin = { ...postgres, database: worker.database };
    await Promise.all([1, 2, 3].map(() => provisionDatabase(admin, databasePasswords)));
    expect(await asApp('posts', 'SELECT 1 FROM posts.posts LIMIT 1')).toBe('done');
  });
});
