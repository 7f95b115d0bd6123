import pg from 'pg';
import { QueryTypes, Sequelize, type QueryInterface, type Transaction } from 'sequelize';
import type { Umzug } from 'umzug';
import { connectionOf, type DatabaseSettings } from '../connect/connect.js';
import { sqlState } from '../connect/errors.js';
import { hooksFor } from '../connect/password.js';
import { tlsOptions } from '../connect/tls.js';

/** One step of a schema's history: `up` and `down` run in a transaction of their own, as the schema's owner. */
export interface Migration {
  name: string;
  /** Why the previous release still works without what this migration removes (docs/migrations.md). */
  contract?: string;
  /**
   * Changes a bounded number of rows before `up` runs; called again, each time in a transaction of its own, until it resolves with
   * false. So a large table is filled without locking it.
   */
  step?(queryInterface: QueryInterface, transaction: Transaction): Promise<boolean>;
  up(queryInterface: QueryInterface, transaction: Transaction): Promise<void>;
  down(queryInterface: QueryInterface, transaction: Transaction): Promise<void>;
}

export interface MigrationRun {
  schema: string;
  migrations: Migration[];
  settings: Omit<DatabaseSettings, 'DATABASE_POOL_MAX'>;
  print(line: string): void;
  /** Whether `down` does what it says. */
  isAgreed: boolean;
  /** How many migrations `down` reverts. */
  steps: number;
}

export type MigrationVerb = 'up' | 'down' | 'status';

/** Applies all pending migrations (`up`), takes the newest back (`down`) or lists all (`status`); replicas that do so at once take turns. */
export async function migrate(verb: MigrationVerb, run: MigrationRun): Promise<void> {
  await underLock(run, async () => {
    const sequelize = connectAsMigrator(run.settings);
    try {
      await verbs[verb](await createUmzug(sequelize, run), run, sequelize);
    } finally {
      await sequelize.close();
    }
  });
}

export const verbs: Record<
  MigrationVerb,
  (umzug: Umzug<QueryInterface>, run: MigrationRun, sequelize: Sequelize) => Promise<void>
> = {
  async up(umzug, { schema, print }) {
    const applied = await umzug.up();
    for (const { name } of applied) print(`${schema}: applied ${name}`);
    if (applied.length === 0) print(`${schema}: up to date`);
  },
  async down(umzug, run, sequelize) {
    const { schema, print, isAgreed, steps } = run;
    const newest = (await umzug.executed()).slice(-steps).map(({ name }) => name);
    if (newest.length === 0) return print(`${schema}: nothing to take back`);
    newest.reverse();
    for (const line of await lossOf(newest, run, sequelize)) print(`${schema}: ${line}`);
    if (!isAgreed) return;
    for (const name of newest) {
      await umzug.down({ migrations: [name] });
      print(`${schema}: took back ${name}`);
    }
  },
  async status(umzug, { schema, print }) {
    for (const { name } of await umzug.executed()) print(`${schema}: applied  ${name}`);
    for (const { name } of await umzug.pending()) print(`${schema}: pending  ${name}`);
  },
};

/** What taking migrations back would lose, found by doing so in a transaction that is rolled back. */
async function lossOf(
  names: string[],
  { schema, migrations }: MigrationRun,
  sequelize: Sequelize,
): Promise<string[]> {
  const taken = names.map((name) => {
    const migration = migrations.find((each) => each.name === name);
    if (!migration)
      throw new Error(
        `${name} is applied, and this version does not know it; use the version that applied it`,
      );
    return migration;
  });
  const before = await columnsOf(schema, sequelize, null);
  const transaction = await sequelize.transaction();
  let after: Map<string, string[]>;
  try {
    for (const migration of taken) await migration.down(sequelize.getQueryInterface(), transaction);
    after = await columnsOf(schema, sequelize, transaction);
  } finally {
    await transaction.rollback();
  }
  const lost: string[] = [];
  for (const [table, columns] of before) {
    const left = after.get(table);
    const gone = columns.filter((column) => !left?.includes(column));
    if (gone.length === 0) continue;
    const what = left ? `the columns ${gone.join(', ')} of ${table}` : `the table ${table}`;
    lost.push(`loses ${what}, ${await countRows(schema, table, sequelize)} rows`);
  }
  return [
    `down takes ${names.join(', ')} back${lost.length > 0 ? '' : ', and no table or column goes with it'}`,
    ...lost,
  ];
}

/** The columns of each table; partitions have the same ones. */
async function columnsOf(
  schema: string,
  sequelize: Sequelize,
  transaction: Transaction | null,
): Promise<Map<string, string[]>> {
  const rows = await sequelize.query<{ name: string; columns: string[] }>(
    `SELECT table_name AS name, array_agg(column_name::text) AS columns FROM information_schema.columns
     WHERE table_schema = $1 AND NOT (SELECT relispartition FROM pg_class WHERE oid = format('%I.%I', table_schema, table_name)::regclass)
     GROUP BY table_name ORDER BY table_name`,
    { bind: [schema], type: QueryTypes.SELECT, transaction },
  );
  return new Map(rows.map(({ name, columns }) => [name, columns]));
}

async function countRows(schema: string, table: string, sequelize: Sequelize): Promise<string> {
  const [counted] = await sequelize.query<{ rows: string }>(
    `SELECT count(*) AS rows FROM "${schema}"."${table}"`,
    { type: QueryTypes.SELECT },
  );
  return counted?.rows ?? '0';
}

async function createUmzug(
  sequelize: Sequelize,
  { schema, migrations }: MigrationRun,
): Promise<Umzug<QueryInterface>> {
  // Not with this module, which every service loads: only migrations need it.
  const { SequelizeStorage, Umzug } = await import('umzug');
  const context = sequelize.getQueryInterface();
  return new Umzug({
    context,
    logger: undefined,
    storage: new SequelizeStorage({ sequelize, schema, tableName: 'migrations' }),
    migrations: migrations.map((migration) => ({
      name: migration.name,
      async up() {
        const { step } = migration;
        while (step && (await sequelize.transaction((transaction) => step(context, transaction)))) {
          // Each step is committed before the next begins.
        }
        await sequelize.transaction((transaction) => migration.up(context, transaction));
      },
      down: () => sequelize.transaction((transaction) => migration.down(context, transaction)),
    })),
  });
}

function connectAsMigrator(settings: MigrationRun['settings']): Sequelize {
  return new Sequelize(settings.DATABASE_NAME, settings.DATABASE_USER, settings.DATABASE_PASSWORD, {
    ...hooksFor(settings),
    dialect: 'postgres',
    host: settings.DATABASE_HOST,
    port: settings.DATABASE_PORT,
    logging: false,
    pool: { max: 1 },
    dialectOptions: {
      ...tlsOptions(settings),
      application_name: 'agora-migrate',
      connectionTimeoutMillis: 5_000,
    },
  });
}

/**
 * umzug has no lock of its own: of four replicas that migrate at once, three fail. The lock is on its table, in the service's own schema,
 * where no other service's role can take it; writing to the table goes beside it.
 */
async function underLock(run: MigrationRun, work: () => Promise<void>): Promise<void> {
  const { settings, schema } = run;
  const client = new pg.Client(connectionOf(settings, 'agora-migrate-lock'));
  client.on('error', () => undefined);
  await client.connect();
  try {
    await makeTable(client, schema);
    // The role's lock_timeout is for tables that are in use; to wait for another migrator's turn is no fault.
    await client.query(
      `BEGIN; SET LOCAL lock_timeout = '120s'; LOCK TABLE ${schema}.migrations IN SHARE UPDATE EXCLUSIVE MODE`,
    );
    await work();
    await client.query('COMMIT');
  } finally {
    await client.end();
  }
}

/** Creates umzug's table. The service's role may only read which migrations were applied: if it could change them, the next start would apply them again. */
async function makeTable(client: pg.Client, schema: string): Promise<void> {
  try {
    await client.query(
      `CREATE TABLE IF NOT EXISTS ${schema}.migrations (name varchar(255) CONSTRAINT migrations_pkey PRIMARY KEY)`,
    );
  } catch (error) {
    // Another migrator has made it in the same moment.
    if (!/^(23505|42P07)$/.test(sqlState(error) ?? '')) throw error;
  }
  await client.query(
    `DO $$ BEGIN
       IF to_regrole('${schema}_app') IS NOT NULL AND has_table_privilege('${schema}_app', '${schema}.migrations', 'INSERT, UPDATE, DELETE, TRUNCATE') THEN
         REVOKE INSERT, UPDATE, DELETE, TRUNCATE ON ${schema}.migrations FROM ${schema}_app;
       END IF;
     END $$`,
  );
}
