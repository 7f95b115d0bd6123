import type { Migration } from '@agora/database';

/** Tickets for the live feed, for a minute. */
export const createStreamTickets: Migration = {
  name: '0017-create-stream-tickets',
  async up({ sequelize }, transaction) {
    await sequelize.query(
      `CREATE TABLE stream_tickets (
         digest bytea NOT NULL,
         user_id integer NOT NULL,
         caller jsonb NOT NULL,
         expires_at timestamptz NOT NULL,
         CONSTRAINT stream_tickets_pkey PRIMARY KEY (digest)
       );
       CREATE INDEX stream_tickets_user_id_idx ON stream_tickets (user_id, expires_at);
       CREATE INDEX stream_tickets_expires_at_idx ON stream_tickets (expires_at);`,
      { transaction },
    );
  },
  async down({ sequelize }, transaction) {
    await sequelize.query('DROP TABLE stream_tickets', { transaction });
  },
};
