import type { QueryInterface, Transaction } from 'sequelize';

/** Creates the table in which a service records the progress of its import; part of one of its migrations. */
export async function createImportTable(
  queryInterface: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await queryInterface.sequelize.query(
    `CREATE TABLE imports (
       step text CONSTRAINT imports_pkey PRIMARY KEY,
       source text NOT NULL,
       position integer[] NOT NULL,
       rows bigint NOT NULL DEFAULT 0,
       begun_at timestamptz NOT NULL DEFAULT now(),
       finished_at timestamptz
     );
     COMMENT ON TABLE imports IS 'How far the import from the old application is; each page is recorded in the transaction that writes it';`,
    { transaction },
  );
}

/** Takes `createImportTable` back. */
export async function dropImportTable(
  queryInterface: QueryInterface,
  transaction: Transaction,
): Promise<void> {
  await queryInterface.sequelize.query('DROP TABLE imports', { transaction });
}
