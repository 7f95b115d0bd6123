import type { Migration } from '@agora/database';
import { boundTables, joinPartitions, partitionTables } from '@agora/messaging/migrating';

/** Keeps events in partitions, which are dropped whole once they are past their retention. */
export const partitionOutboxAndInbox: Migration = {
  name: '0025-partition-outbox-and-inbox',
  contract:
    'the code before knows both tables by their names and columns, which stay; nothing relies on event ids being unique in the outbox',
  step: boundTables,
  async up(tables, transaction) {
    await partitionTables(tables, transaction);
    // Looks into the one partition that has the event; as good for a table without partitions.
    await tables.sequelize.query(numberRevocation, { transaction });
  },
  down: joinPartitions,
};

const numberRevocation = `
  CREATE OR REPLACE FUNCTION number_revocation() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
  DECLARE
    before bigint;
    given bigint;
  BEGIN
    SELECT newest INTO STRICT before FROM revocation_counter FOR UPDATE;
    given := greatest(before + 1, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint);
    UPDATE revocation_counter SET newest = given;
    INSERT INTO revocations (number, event_id, type, data)
    VALUES (given, NEW.event_id, NEW.envelope->>'type', NEW.envelope->'data');
    UPDATE outbox
    SET envelope = jsonb_set(envelope, '{data}', envelope->'data' || jsonb_build_object('revocation', given, 'previous_revocation', before))
    WHERE sequence = NEW.sequence AND created_at = NEW.created_at;
    RETURN NULL;
  END
  $function$`;
