import { globSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from '@jest/globals';

const repository = fileURLToPath(new URL('..', import.meta.url));
const files = globSync('services/*/src/migrations/*.ts', { cwd: repository }).toSorted();
/** Merged before there was this rule. */
const older = new Set(['services/auth/src/migrations/0006-add-signing-key-times.ts']);

interface Migration {
  name: string;
  contract?: string;
  up(queryInterface: object, transaction: object): Promise<void>;
}

/** What a version of the code before may not bear, as docs/migrations.md has it. */
const contracting: Record<string, RegExp> = {
  'takes something away': /\bDROP\s+(?!NOT\s+NULL\b|CONSTRAINT\b|INDEX\b)[^,;]*/gi,
  'renames something': /\bRENAME\b[^;]*/gi,
  'demands a value': /\bSET\s+NOT\s+NULL\b/gi,
  'changes a type': /\bALTER\s+(COLUMN\s+)?\w+\s+(SET\s+DATA\s+)?TYPE\b[^,;]*/gi,
  'demands a value of a new column':
    /\bADD\s+(COLUMN\s+)?(?!CONSTRAINT\b)(?![^,;]*\b(DEFAULT|GENERATED)\b)[^,;]*\bNOT\s+NULL\b/gi,
  'forbids what was allowed': /\bADD\s+(CONSTRAINT|CHECK|UNIQUE|PRIMARY|FOREIGN|EXCLUDE)\b[^,;]*/gi,
  // Not the privilege of that name, nor the event of a trigger.
  'throws data away': /(?<=^|;)\s*TRUNCATE\b[^;]*/gi,
};

function contractionsIn(statements: string): string[] {
  return Object.entries(contracting)
    .flatMap(([what, pattern]) => (statements.match(pattern) ?? []).map((found) => `${what}: ${found}`))
    .concat(uniqueIndexesOnOldTables(statements));
}

function uniqueIndexesOnOldTables(statements: string): string[] {
  const made = new Set([...statements.matchAll(/\bCREATE\s+TABLE\s+(\w+)/gi)].map(([, table]) => table));
  return [...statements.matchAll(/\bCREATE\s+UNIQUE\s+INDEX\b[^;]*?\bON\s+(\w+)/gi)]
    .filter(([, table]) => !made.has(table))
    .map(([found]) => `forbids what was allowed: ${found}`);
}

/** The migrations of a file, and the statements that they would run. */
async function load(file: string): Promise<{ migration: Migration; statements: string }[]> {
  const exported = Object.values((await import(join(repository, file))) as Record<string, Migration>);
  return Promise.all(
    exported.map(async (migration) => {
      const run: string[] = [];
      const query = async (statement: string) => {
        run.push(statement.replaceAll(/--.*$/gm, ''));
        return [];
      };
      await migration.up({ sequelize: { query } }, {});
      return { migration, statements: run.join(';\n') };
    }),
  );
}

describe.each(files)('%s', (file) => {
  it('has the name of its file, and is applied', async () => {
    const names = (await load(file)).map(({ migration }) => migration.name);
    expect(names).toEqual([basename(file, '.ts')]);
    expect(readFileSync(join(repository, file, '../../migrations.ts'), 'utf8')).toContain(
      basename(file, '.ts'),
    );
  });

  it('leaves the code before what it needs, or says why it need not', async () => {
    const bound = (await load(file)).filter(({ migration }) => !older.has(file) && !migration.contract);
    expect(bound.flatMap(({ statements }) => contractionsIn(statements))).toEqual([]);
  });
});

describe('a migration', () => {
  it.each([
    'DROP TABLE posts',
    'ALTER TABLE posts DROP COLUMN title',
    'ALTER TABLE posts DROP title',
    'ALTER TABLE posts ALTER COLUMN title DROP DEFAULT',
    'ALTER TABLE posts RENAME COLUMN title TO heading',
    'ALTER TABLE posts RENAME TO articles',
    'ALTER TABLE posts ALTER COLUMN title SET NOT NULL',
    'ALTER TABLE posts ALTER title TYPE varchar(10)',
    'ALTER TABLE posts ALTER COLUMN title SET DATA TYPE varchar(10)',
    'ALTER TABLE posts ADD COLUMN slug text NOT NULL',
    'ALTER TABLE posts ADD COLUMN hot integer DEFAULT 0, ADD COLUMN slug text NOT NULL',
    "ALTER TABLE posts ADD CONSTRAINT posts_title_check CHECK (title <> '') NOT VALID",
    'CREATE UNIQUE INDEX posts_title_idx ON posts (title)',
    'TRUNCATE posts',
  ])('contracts with %s', (statement) => {
    expect(contractionsIn(statement)).not.toEqual([]);
  });

  it.each([
    'CREATE TABLE tags (id integer NOT NULL, name text NOT NULL UNIQUE); CREATE UNIQUE INDEX tags_idx ON tags (name)',
    'ALTER TABLE posts ADD COLUMN slug text',
    'ALTER TABLE posts ADD COLUMN pinned boolean NOT NULL DEFAULT false',
    'ALTER TABLE posts ALTER COLUMN title DROP NOT NULL',
    'ALTER TABLE posts DROP CONSTRAINT posts_title_check',
    'CREATE INDEX posts_slug_idx ON posts (slug)',
  ])('expands with %s', (statement) => {
    expect(contractionsIn(statement)).toEqual([]);
  });
});
