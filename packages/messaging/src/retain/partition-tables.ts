import type { QueryInterface, Transaction } from 'sequelize';
// Otherwise all of Sequelize would be loaded where messaging has no database.
import QueryTypes from 'sequelize/lib/query-types';
import { beginning, inbox, maintenance, outbox, storage, type Table } from './maintain-partitions.js';

/** Ordered as a transaction that applies an event locks them. */
const tables = [inbox, outbox];

/** The end of the partition that the old table becomes: far enough ahead for a migration that is interrupted and takes days. */
const boundOf = ({ days }: Table) =>
  beginning(`now() + interval '7 days' + make_interval(days => ${days})`, days);

/** While a statement waits for such a lock, all others wait behind it: this waits for a moment at a time. */
const lockTables = (names: string) => `
  FOR attempt IN 1..100 LOOP
    BEGIN
      SET LOCAL lock_timeout = '200ms';
      LOCK TABLE ${names} IN ACCESS EXCLUSIVE MODE;
      EXIT;
    EXCEPTION WHEN lock_not_available THEN
      IF attempt = 100 THEN RAISE; END IF;
      PERFORM pg_sleep(0.1 + random() * 0.2);
    END;
  END LOOP;`;

/**
 * A step before `partitionTables`: adds and validates constraints that say where the partitions end that the tables become, while others write. Without
 * them, attaching the tables would read them while writers wait.
 */
export async function boundTables({ sequelize }: QueryInterface, transaction: Transaction): Promise<boolean> {
  const run = (statement: string) => sequelize.query(statement, { transaction });
  await run(`SET LOCAL TimeZone = 'UTC'`);
  for (const table of tables) {
    const [bound] = await sequelize.query<{ name: string; isValid: boolean; isNear: boolean }>(
      `SELECT conname AS name, convalidated AS "isValid", to_timestamp(right(conname, 8), 'YYYYMMDD') < now() + interval '1 day' AS "isNear"
       FROM pg_constraint WHERE conrelid = '${table.name}'::regclass AND conname ~ '^${table.name}_before_[0-9]{8}$'`,
      { type: QueryTypes.SELECT, transaction },
    );
    if (bound && !bound.isNear && bound.isValid) continue;
    if (!bound) await run(addBound(table));
    else if (bound.isNear)
      await run(
        `DO $$ BEGIN ${lockTables(table.name)} ALTER TABLE ${table.name} DROP CONSTRAINT ${bound.name}; END $$`,
      );
    else await run(`ALTER TABLE ${table.name} VALIDATE CONSTRAINT ${bound.name}`);
    return true;
  }
  return false;
}

const addBound = (table: Table) => `
  DO $$ DECLARE
    ends CONSTANT timestamptz := ${boundOf(table)};
  BEGIN
    ${lockTables(table.name)}
    EXECUTE format('ALTER TABLE ${table.name} ADD CONSTRAINT %I CHECK (%2$s IS NOT NULL AND %2$s < %3$L) NOT VALID',
      '${table.name}_before_' || to_char(ends, 'YYYYMMDD'), $key$${table.key}$key$, ${table.literal('ends')});
  END $$`;

/** Replaces outbox and inbox by partitioned tables and attaches the old ones as their first partitions; no row is written. A migration of its own, with `boundTables` as its step. */
export async function partitionTables(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query(maintenance, { transaction });
  await sequelize.query(partitioning, { transaction });
}

/** Takes `partitionTables` back: copies all rows while writers wait. */
export async function joinPartitions({ sequelize }: QueryInterface, transaction: Transaction): Promise<void> {
  await sequelize.query(joining, { transaction });
}

/** Unique indexes belong to each partition: one of the whole table would have to contain the partition key. */
const partition = (table: Table, become: string) => `
  SELECT to_timestamp(right(conname, 8), 'YYYYMMDD') INTO ends FROM pg_constraint
  WHERE conrelid = '${table.name}'::regclass AND conname ~ '^${table.name}_before_[0-9]{8}$';
  bound := ends IS NOT NULL;
  IF NOT EXISTS (SELECT FROM ${table.name}) THEN ends := ${beginning('now()', table.days)};
  ELSIF NOT bound THEN ends := ${boundOf(table)};
  END IF;
  before := '${table.name}_before_' || to_char(ends, 'YYYYMMDD');
  ${become}
  EXECUTE format('ALTER TABLE ${table.name} ATTACH PARTITION %I FOR VALUES FROM (MINVALUE) TO (%L)', before, ${table.literal('ends')});
  SELECT conname INTO checked FROM pg_constraint WHERE conrelid = before::regclass AND conname ~ '^${table.name}_before_[0-9]{8}$';
  IF bound THEN EXECUTE format('ALTER TABLE %I DROP CONSTRAINT %I', before, checked); END IF;
  EXECUTE format('CREATE TABLE ${table.name}_default (LIKE %I INCLUDING ALL EXCLUDING IDENTITY)', before);
  ALTER TABLE ${table.name} ATTACH PARTITION ${table.name}_default DEFAULT;
  WHILE maintain_partitions('${table.name}', 1000) IS NOT NULL LOOP END LOOP;`;

const collectTriggers = `
  SELECT coalesce(array_agg(tgname::text), '{}'), coalesce(array_agg(pg_get_triggerdef(oid)), '{}') INTO triggers, definitions
  FROM pg_trigger WHERE tgrelid = 'outbox'::regclass AND NOT tgisinternal;
  EXECUTE format('SELECT last_value + is_called::integer FROM %s', pg_get_serial_sequence('outbox', 'sequence')) INTO next_sequence;`;

const addSequence = `
  EXECUTE format('ALTER TABLE outbox ALTER COLUMN sequence ADD GENERATED ALWAYS AS IDENTITY (START WITH %s)', next_sequence);`;

const addTriggers = `FOREACH definition IN ARRAY definitions LOOP EXECUTE definition; END LOOP;`;

const partitioning = `
  DO $$ DECLARE
    ends timestamptz; bound boolean; before text; checked text;
    next_sequence bigint; triggers text[]; definitions text[]; definition text;
  BEGIN
    SET LOCAL TimeZone = 'UTC';
    ${lockTables('inbox, outbox')}
    ${partition(
      inbox,
      `EXECUTE format('ALTER TABLE inbox RENAME TO %I', before);
       EXECUTE format('CREATE TABLE inbox (LIKE %I INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (%s)', before, $key$(${inbox.key})$key$);
       COMMENT ON TABLE inbox IS 'Events that were applied, written in the transaction that applied them; by the time in their ids';`,
    )}
    ${collectTriggers}
    ${partition(
      outbox,
      `EXECUTE format('ALTER TABLE outbox RENAME TO %I', before);
       FOREACH definition IN ARRAY triggers LOOP EXECUTE format('DROP TRIGGER %I ON %I', definition, before); END LOOP;
       EXECUTE format('ALTER TABLE %I ALTER COLUMN sequence DROP IDENTITY, DROP CONSTRAINT outbox_event_id_key', before);
       EXECUTE format('CREATE TABLE outbox (LIKE %I INCLUDING DEFAULTS INCLUDING COMMENTS) PARTITION BY RANGE (created_at)', before);
       COMMENT ON TABLE outbox IS 'Events written with the change they tell of; kept a while after publishing, so that a lost stream can be filled again';
       ${addSequence}`,
    )}
    ALTER TABLE outbox_default SET (${storage});
    ${addTriggers}
  END $$`;

const joining = `
  DO $$ DECLARE
    next_sequence bigint; triggers text[]; definitions text[]; definition text;
  BEGIN
    ${lockTables('inbox, outbox')}
    ALTER TABLE inbox RENAME TO inbox_partitioned;
    CREATE TABLE inbox (LIKE inbox_partitioned INCLUDING DEFAULTS INCLUDING COMMENTS);
    INSERT INTO inbox SELECT * FROM inbox_partitioned;
    DROP TABLE inbox_partitioned;
    ALTER TABLE inbox ADD CONSTRAINT inbox_pkey PRIMARY KEY (event_id);
    CREATE INDEX inbox_applied_at_idx ON inbox (applied_at);

    ${collectTriggers}
    ALTER TABLE outbox RENAME TO outbox_partitioned;
    CREATE TABLE outbox (LIKE outbox_partitioned INCLUDING DEFAULTS INCLUDING COMMENTS) WITH (${storage});
    INSERT INTO outbox SELECT * FROM outbox_partitioned;
    DROP TABLE outbox_partitioned;
    ${addSequence}
    ALTER TABLE outbox ADD CONSTRAINT outbox_pkey PRIMARY KEY (sequence), ADD CONSTRAINT outbox_event_id_key UNIQUE (event_id);
    CREATE INDEX outbox_unpublished_idx ON outbox (sequence) WHERE published_at IS NULL;
    CREATE INDEX outbox_published_at_idx ON outbox (published_at) WHERE published_at IS NOT NULL;
    CREATE INDEX outbox_partition_idx ON outbox (partition, sequence) WHERE published_at IS NULL;
    ${addTriggers}
    DROP FUNCTION maintain_partitions(text, integer);
  END $$`;
