// Loaded by tests alone, from its source: what `npm start` builds must compile without Jest.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { currentStack } from '@agora/testing';
import pg from 'pg';

/** Example values of a statement, and how many rows it may read: 5,000 by default. */
export interface Example {
  values: unknown[];
  text?: string;
  mostRows?: number;
}

/** Large tables beside those of the other tests, which stay as small as they are. */
export interface LargeTables {
  /** What is wrong with how a statement runs on them; nothing is changed by it. */
  complaintsOf(text: string, example: Example, isPrepared?: boolean): Promise<string[]>;
  /** Runs SQL on them. */
  run(statement: string): Promise<void>;
  drop(): Promise<void>;
}

const usualRows = 5_000;

interface Node {
  'Node Type': string;
  'Relation Name'?: string;
  'Actual Rows': number;
  'Actual Loops': number;
  'Rows Removed by Filter'?: number;
  'Rows Removed by Index Recheck'?: number;
  'Rows Removed by Join Filter'?: number;
  Plans?: Node[];
}

/** Copies the tables of a service, without rows, into a schema of its own. No statistics of them are made but by `ANALYZE`. */
export async function openLargeTables(service: string): Promise<LargeTables> {
  const { postgres, worker } = currentStack();
  const client = new pg.Client({ ...postgres, database: worker.database });
  await client.connect();
  const schema = `large_${service}`;
  await client.query(`DROP SCHEMA IF EXISTS ${schema} CASCADE; CREATE SCHEMA ${schema}`);
  await copyTables(client, service, schema);
  await client.query(`SET search_path = ${schema}, public`);
  return {
    async complaintsOf(text, { values, mostRows = usualRows }, isPrepared = false) {
      const complaints: string[] = [];
      for (const mode of isPrepared ? ['force_custom_plan', 'force_generic_plan'] : ['force_custom_plan']) {
        const nodes = await nodesOf(client, text, values, mode);
        complaints.push(...complaintsOf(nodes, mostRows).map((each) => `${each} (${mode})`));
      }
      return complaints;
    },
    run: async (statement) => void (await client.query(statement)),
    async drop() {
      await client.query(`DROP SCHEMA ${schema} CASCADE`);
      await client.end();
    },
  };
}

interface Copied {
  name: string;
  /** `PARTITION BY …` of a table that has partitions, and nothing of others. */
  partitioned: string;
  /** `ALTER TABLE … ATTACH PARTITION …`, where it is one. */
  attach: string | null;
}

/** Without rows, partitions as they are. */
async function copyTables(client: pg.Client, service: string, schema: string): Promise<void> {
  const { rows } = await client.query<Copied>(
    `SELECT pg_class.relname AS name, coalesce('PARTITION BY ' || pg_get_partkeydef(pg_class.oid), '') AS partitioned,
            CASE WHEN parent.relname IS NOT NULL THEN
              format('ALTER TABLE %1$I.%2$I ATTACH PARTITION %1$I.%3$I %4$s', $2::text, parent.relname, pg_class.relname, pg_get_expr(pg_class.relpartbound, pg_class.oid))
            END AS attach
     FROM pg_class LEFT JOIN (pg_inherits JOIN pg_class AS parent ON parent.oid = inhparent) ON inhrelid = pg_class.oid
     WHERE pg_class.relnamespace = $1::regnamespace AND pg_class.relkind IN ('r', 'p')`,
    [service, schema],
  );
  const storage = 'WITH (autovacuum_enabled = false)';
  for (const { name, partitioned, attach } of rows) {
    const excluded = attach === null ? '' : 'EXCLUDING IDENTITY';
    await client.query(
      `CREATE ${partitioned ? '' : 'UNLOGGED'} TABLE ${schema}.${name} (LIKE ${service}.${name} INCLUDING ALL ${excluded}) ${partitioned || storage}`,
    );
  }
  for (const { attach } of rows) if (attach !== null) await client.query(attach);
}

/** What a statement does, according to EXPLAIN ANALYZE; it is rolled back. */
async function nodesOf(client: pg.Client, text: string, values: unknown[], mode: string): Promise<Node[]> {
  await client.query(`BEGIN; SET LOCAL plan_cache_mode = ${mode}`);
  try {
    await client.query(`PREPARE explained AS ${text}`);
    const count = Math.max(0, ...[...text.matchAll(/\$(\d+)/g)].map(([, number]) => Number(number)));
    // What an example does not say is null.
    const given =
      count > 0 ? `(${Array.from({ length: count }, (_, n) => literal(values[n])).join(', ')})` : '';
    const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: Node }] }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) EXECUTE explained${given}`,
    );
    return rows.flatMap((row) => flatten(row['QUERY PLAN'][0].Plan));
  } finally {
    await client.query('ROLLBACK; DEALLOCATE ALL');
  }
}

const flatten = (node: Node): Node[] => [node, ...(node.Plans ?? []).flatMap(flatten)];

function complaintsOf(nodes: Node[], mostRows: number): string[] {
  const rows = nodes.map((node) => ({
    node,
    looked:
      (node['Actual Rows'] +
        (node['Rows Removed by Filter'] ?? 0) +
        (node['Rows Removed by Index Recheck'] ?? 0) +
        (node['Rows Removed by Join Filter'] ?? 0)) *
      node['Actual Loops'],
  }));
  return rows.flatMap(({ node, looked }) => {
    const name = `${node['Node Type']} of ${node['Relation Name'] ?? 'what is below'}`;
    return looked > mostRows ? [`${name} looks at ${looked} rows`] : [];
  });
}

function literal(value: unknown): string {
  if (value === null || value === undefined) return 'NULL';
  if (typeof value === 'number' || typeof value === 'boolean') return String(value);
  if (value instanceof Date) return pg.escapeLiteral(value.toISOString());
  if (Buffer.isBuffer(value)) return `'\\x${value.toString('hex')}'`;
  if (Array.isArray(value)) {
    const parts = value.map((each) =>
      each === null
        ? 'NULL'
        : JSON.stringify(Buffer.isBuffer(each) ? `\\x${each.toString('hex')}` : String(each)),
    );
    return pg.escapeLiteral(`{${parts.join(',')}}`);
  }
  return pg.escapeLiteral(typeof value === 'string' ? value : JSON.stringify(value));
}

/** A statement as the code defines it. */
interface Defined {
  text: string;
  isPrepared: boolean;
}

export interface Explained {
  /** The service whose tables are copied. */
  service: string;
  /** All statements that the sources define, once they are loaded. */
  defined(): ReadonlyMap<string, Defined>;
  /** The folder of the sources, whose modules are all loaded. */
  sources: URL;
  /** Example values of every statement, by its name. */
  examples: Record<string, Example[]>;
  /** Those that look at no rows, or that are explained in the test of a service which has the tables. */
  others?: RegExp;
  /** SQL that adds the rows from the one number to the other. */
  grow(from: number, to: number): string;
}

/** Tests that every statement has examples, and looks at few rows of 100,000, both with statistics of 300 and with true ones. */
export function explainStatements({ service, defined, sources, examples, others, grow }: Explained): void {
  let tables: LargeTables;

  beforeAll(async () => {
    for (const file of readdirSync(sources, { recursive: true, encoding: 'utf8' }))
      if (file.endsWith('.ts') && !/(^|\/)(main|document|operate)\.ts$/.test(file))
        await import(fileURLToPath(new URL(file, sources)));
    tables = await openLargeTables(service);
    await tables.run(grow(1, 300));
    await tables.run('ANALYZE');
    await tables.run(grow(301, 100_000));
  }, 120_000);
  afterAll(() => tables.drop());

  it('has example values for every statement, and takes none that another role can hold up', () => {
    const names = [...defined().keys()].filter((name) => !others?.test(name));
    expect(Object.keys(examples).toSorted()).toEqual(names.toSorted());
    for (const { text } of defined().values()) expect(text).not.toMatch(/advisory/);
  });

  describe.each(['stale', 'fresh'])('with statistics that are %s', (state) => {
    beforeAll(async () => {
      if (state === 'fresh') await tables.run('ANALYZE');
    }, 60_000);

    it.each(Object.keys(examples))('%s looks at few rows, however many there are', async (name) => {
      const statement = defined().get(name);
      for (const example of examples[name] ?? [])
        expect(
          await tables.complaintsOf(example.text ?? statement?.text ?? '', example, statement?.isPrepared),
        ).toEqual([]);
    });
  });
}
