import type { Migration } from '@agora/database';

/**
 * Has every event that revokes something numbered when its transaction commits, whoever adds it to the outbox. The row of the counter is held
 * from then to the end of the commit, so numbers grow in the order of the commits and none is left out; its last statement takes it, so
 * nobody who holds it waits for another row. Numbers are microseconds since 1970, or one more than the last: after a restored backup or a
 * failover that lost some, no number is given again.
 */
export const numberRevocations: Migration = {
  name: '0014-number-revocations',
  async up({ sequelize }, transaction) {
    await sequelize.query(statements, { transaction });
  },
  async down({ sequelize }, transaction) {
    await sequelize.query(
      `DROP TRIGGER outbox_number_revocation_trigger ON outbox;
       DROP FUNCTION number_revocation();
       DROP TABLE revocations, revocation_counter;`,
      { transaction },
    );
  },
};

const revoking = `('auth.session-revoked.v1', 'auth.sessions-revoked.v1', 'auth.user-deleted.v1')`;

/** What was added so lately may revoke a token that lives: before the first, tokens of all kinds; the second is for what is added while this runs. */
const add = (since: string) => `
  WITH missing AS (
    SELECT event_id, envelope, row_number() OVER (ORDER BY sequence) AS place FROM outbox
    WHERE (published_at IS NULL OR published_at > now() - interval '${since}')
      AND envelope->>'type' IN ${revoking}
      AND NOT EXISTS (SELECT FROM revocations WHERE revocations.event_id = outbox.event_id)
  ), counted AS (
    UPDATE revocation_counter
    SET newest = greatest(newest, (extract(epoch FROM clock_timestamp()) * 1000000)::bigint) + (SELECT count(*) FROM missing)
    WHERE EXISTS (SELECT FROM missing)
    RETURNING newest - (SELECT count(*) FROM missing) AS before
  )
  INSERT INTO revocations (number, event_id, type, data)
  SELECT before + place, event_id, envelope->>'type', envelope->'data' FROM missing, counted;`;

const statements = `
  CREATE TABLE revocation_counter (
    id boolean CONSTRAINT revocation_counter_pkey PRIMARY KEY DEFAULT true CONSTRAINT revocation_counter_one_row_check CHECK (id),
    newest bigint NOT NULL DEFAULT 0
  ) WITH (fillfactor = 50);
  INSERT INTO revocation_counter DEFAULT VALUES;
  COMMENT ON TABLE revocation_counter IS 'The number of the newest revocation; one row';

  CREATE TABLE revocations (
    number bigint CONSTRAINT revocations_pkey PRIMARY KEY,
    event_id uuid NOT NULL CONSTRAINT revocations_event_id_key UNIQUE,
    type text NOT NULL,
    data jsonb NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT clock_timestamp()
  );
  COMMENT ON TABLE revocations IS 'What was revoked, in the order of the commits, for as long as a token could live: whoever missed an event reads it here';

  CREATE FUNCTION number_revocation() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $function$
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
    WHERE sequence = NEW.sequence;
    RETURN NULL;
  END
  $function$;

  ${add('7 days')}

  CREATE CONSTRAINT TRIGGER outbox_number_revocation_trigger AFTER INSERT ON outbox
  DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.envelope->>'type' IN ${revoking})
  EXECUTE FUNCTION number_revocation();

  ${add('10 minutes')}`;
