import { randomUUID } from 'node:crypto';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { compileCache, currentStack, openCommands, type Commands } from '@agora/testing';
import pg from 'pg';
import { provisionDatabase, schemas, type SchemaName } from '../src/index.js';

const run = promisify(execFile);
const database = `agora_migrate_${randomUUID().replaceAll('-', '')}`;

const commandOf = (schema: SchemaName) => [
  fileURLToPath(new URL(`../../../services/${schema}/dist/operate.js`, import.meta.url)),
  'migrate',
];
const environmentOf = (schema: SchemaName, name = database) => {
  const { postgres, databasePasswords } = currentStack();
  return {
    ...compileCache,
    DATABASE_HOST: postgres.host,
    DATABASE_PORT: String(postgres.port),
    DATABASE_NAME: name,
    DATABASE_USER: `${schema}_migrator`,
    DATABASE_PASSWORD: databasePasswords[schema].migrator,
  };
};
/** In a process of its own. */
const migrateAlone = async (schema: SchemaName, verb: string, ...options: string[]) => {
  const { stdout } = await run(process.execPath, [...commandOf(schema), verb, ...options], {
    env: environmentOf(schema),
  });
  return stdout.trim().split('\n');
};
const commands = Object.fromEntries(
  schemas.map((schema) => [schema, openCommands(schema, environmentOf(schema))]),
) as Record<SchemaName, Commands>;
const migrate = async (schema: SchemaName, ...args: string[]) => {
  const { code, stdout, stderr } = await commands[schema].run('migrate', args);
  if (code !== 0) throw new Error(stderr);
  return stdout.trim().split('\n');
};

const asAdministrator = async (name: string, statement: string) => {
  const client = new pg.Client({ ...currentStack().postgres, database: name });
  await client.connect();
  const { rows } = await client.query<{ name: string }>(statement);
  await client.end();
  return rows.map((row) => row.name);
};

const tablesIn = (schema: string) =>
  asAdministrator(
    database,
    `SELECT tablename AS name FROM pg_tables WHERE schemaname = '${schema}' ORDER BY 1`,
  );

beforeAll(async () => {
  const { postgres, databasePasswords } = currentStack();
  await provisionDatabase({ ...postgres, database }, databasePasswords);
});
afterAll(async () => {
  await Promise.all(Object.values(commands).map((each) => each.stop()));
  await asAdministrator('postgres', `DROP DATABASE ${database}`);
});

it('applies the migrations once when four start at once', async () => {
  const outputs = await Promise.all([1, 2, 3, 4].map(() => migrateAlone('posts', 'up')));
  expect(outputs.filter(([line]) => line === 'posts: up to date')).toHaveLength(3);
});

describe.each(schemas)('the migrations of %s', (schema) => {
  it('can all be reverted and applied again', async () => {
    await migrate(schema, 'up');
    const applied = await tablesIn(schema);
    expect(applied).toContain('outbox');
    const names = (await migrate(schema, 'status')).map((line) => line.split(' ').at(-1));
    const lines = await migrate(schema, 'down', '--steps', '99', '--yes');
    expect(lines.filter((line) => line.includes('took back'))).toEqual(
      names.toReversed().map((name) => `${schema}: took back ${name}`),
    );
    expect(await migrate(schema, 'down', '--yes')).toEqual([`${schema}: nothing to take back`]);
    expect(await tablesIn(schema)).toEqual(['migrations']);
    await migrate(schema, 'up');
    expect(await tablesIn(schema)).toEqual(applied);
  }, 90_000);
});

describe('the migration command', () => {
  const schema = 'votes';

  it('reverts nothing without confirmation', async () => {
    const applied = await migrate(schema, 'status');
    await expect(migrate(schema, 'down')).rejects.toThrow(/nothing was done: say --yes/);
    const [what] = await migrate(schema, 'down', '--dry-run');
    expect(what).toContain(`down takes ${applied.at(-1)?.split(' ').at(-1)} back`);
    expect(await migrate(schema, 'status')).toEqual(applied);
  }, 60_000);

  it('waits for a database that is being created, if asked to', async () => {
    const { postgres, databasePasswords } = currentStack();
    const name = `${database}_later`;
    const child = spawn(process.execPath, [...commandOf(schema), 'up', '--wait=50'], {
      env: environmentOf(schema, name),
    });
    const ended = once(child, 'close');
    let output = '';
    child.stdout.on('data', (text) => (output += String(text)));
    await once(child.stdout, 'data');
    await provisionDatabase({ ...postgres, database: name }, databasePasswords);
    expect([await ended, output.split('\n').slice(0, 2)]).toEqual([
      [0, null],
      [
        `votes: waiting, for database "${name}" does not exist`,
        'votes: applied 0001-create-messaging-tables',
      ],
    ]);
    await asAdministrator('postgres', `DROP DATABASE ${name}`);
  }, 60_000);

  it('refuses an unknown command with one line', async () => {
    await expect(migrateAlone(schema, 'sideways')).rejects.toMatchObject({
      code: 1,
      stderr: `${schema}: migration failed: unknown command "sideways"; use up, down or status\n`,
    });
  });
});
