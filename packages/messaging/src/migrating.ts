import type { QueryInterface, Transaction } from 'sequelize';

export { boundTables, joinPartitions, partitionTables } from './retain/partition-tables.js';

/** Creates messaging's tables in a service's schema; part of that service's first migration. */
export async function createMessagingTables(
  queryInterface: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await queryInterface.sequelize.query(statements, { transaction });
}

/** Reverts `createMessagingTables`. */
export async function dropMessagingTables(
  queryInterface: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await queryInterface.sequelize.query('DROP TABLE outbox, inbox, dead_letters, published_streams', {
    transaction,
  });
}

const statements = `
  CREATE TABLE outbox (
    sequence bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT outbox_pkey PRIMARY KEY,
    event_id uuid NOT NULL CONSTRAINT outbox_event_id_key UNIQUE,
    envelope jsonb NOT NULL,
    created_at timestamptz NOT NULL DEFAULT now(),
    published_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    next_attempt_at timestamptz,
    last_error text
  ) WITH (fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0);
  CREATE INDEX outbox_unpublished_idx ON outbox (sequence) WHERE published_at IS NULL;
  CREATE INDEX outbox_published_at_idx ON outbox (published_at) WHERE published_at IS NOT NULL;
  COMMENT ON TABLE outbox IS 'Events written with the change they tell of; kept a while after publishing, so that a lost stream can be filled again';

  CREATE TABLE inbox (
    event_id uuid CONSTRAINT inbox_pkey PRIMARY KEY,
    applied_at timestamptz NOT NULL DEFAULT now()
  );
  CREATE INDEX inbox_applied_at_idx ON inbox (applied_at);
  COMMENT ON TABLE inbox IS 'Events that were applied, written in the transaction that applied them';

  CREATE TABLE dead_letters (
    message_id text CONSTRAINT dead_letters_pkey PRIMARY KEY,
    subject text NOT NULL,
    body text NOT NULL,
    attempts integer NOT NULL DEFAULT 1,
    last_error text NOT NULL,
    failed_at timestamptz NOT NULL DEFAULT now(),
    dead_at timestamptz
  );
  COMMENT ON TABLE dead_letters IS 'Messages that could not be applied; given up once dead_at is set';

  CREATE TABLE published_streams (
    stream text CONSTRAINT published_streams_pkey PRIMARY KEY,
    created text NOT NULL,
    last_sequence bigint NOT NULL
  );
  COMMENT ON TABLE published_streams IS 'The stream as last published to; one that is younger or shorter has lost messages';
`;

/** Adds leases, and what distinguishes a stream from another of the same name; part of a later migration of each service. */
export async function addLeases(queryInterface: QueryInterface, transaction: Transaction): Promise<void> {
  await queryInterface.sequelize.query(leaseStatements, { transaction });
}

/** Reverts `addLeases`. */
export async function dropLeases(queryInterface: QueryInterface, transaction: Transaction): Promise<void> {
  await queryInterface.sequelize.query(
    `DROP TABLE leases;
     ALTER TABLE published_streams DROP COLUMN last_event_id, DROP COLUMN last_published_at,
       DROP COLUMN republish_after, DROP COLUMN republish_until, DROP COLUMN republish_since;`,
    { transaction },
  );
}

// `created` stays for the release before this one, which compares it.
const leaseStatements = `
  CREATE TABLE leases (
    name text CONSTRAINT leases_pkey PRIMARY KEY,
    holder text NOT NULL,
    token bigint NOT NULL,
    expires_at timestamptz NOT NULL
  ) WITH (fillfactor = 50);
  COMMENT ON TABLE leases IS 'Who does what only one replica may do, until when; the token grows with every taking and fences late writes';

  ALTER TABLE published_streams
    ADD COLUMN last_event_id text,
    ADD COLUMN last_published_at timestamptz,
    ADD COLUMN republish_after bigint,
    ADD COLUMN republish_until bigint,
    ADD COLUMN republish_since timestamptz;
  COMMENT ON COLUMN published_streams.last_event_id IS 'The event at last_sequence: a stream that holds another there, or none, has lost messages';
  COMMENT ON COLUMN published_streams.republish_after IS 'Places in the outbox up to republish_until are being published again, and are up to here';
`;

/** Adds the partition of each event; a migration of its own. */
export async function addPartitions({ sequelize }: QueryInterface, transaction: Transaction): Promise<void> {
  await sequelize.query(partitionStatements, { transaction });
}

/** Reverts `addPartitions`. */
export async function dropPartitions({ sequelize }: QueryInterface, transaction: Transaction): Promise<void> {
  await sequelize.query('ALTER TABLE outbox DROP COLUMN partition', { transaction });
}

// The release before adds events without it, to partition 0, and finds them by outbox_unpublished_idx.
const partitionStatements = `
  ALTER TABLE outbox ADD COLUMN partition integer NOT NULL DEFAULT 0;
  COMMENT ON COLUMN outbox.partition IS 'To which of the streams of the publisher the event goes; kept, as that stream is filled from here again once it is lost';
  CREATE INDEX outbox_partition_idx ON outbox (partition, sequence) WHERE published_at IS NULL;
`;

/** Lists and counts dead letters without reading those that may yet be applied; a migration of its own. */
export async function indexDeadLetters(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query(
    'CREATE INDEX dead_letters_dead_at_idx ON dead_letters (dead_at, message_id) WHERE dead_at IS NOT NULL',
    { transaction },
  );
}

/** Reverts `indexDeadLetters`. */
export async function dropDeadLettersIndex(
  { sequelize }: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await sequelize.query('DROP INDEX dead_letters_dead_at_idx', { transaction });
}
