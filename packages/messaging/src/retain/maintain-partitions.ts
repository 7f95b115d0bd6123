/**
 * The outbox is partitioned by the time at which an event was added, one partition a day; the inbox by the time in the event's id, one a week. Expired
 * partitions are dropped as a whole.
 */
import { idTime } from './event-ids.js';

export const storage =
  'fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_cost_delay = 0';

/** A table that is partitioned. */
export interface Table {
  name: 'inbox' | 'outbox';
  /** What it is partitioned by, in SQL. */
  key: string;
  /** A moment as a value of the key, in SQL. */
  literal(moment: string): string;
  days: number;
}

export const inbox: Table = {
  name: 'inbox',
  key: idTime,
  literal: (moment) => `(extract(epoch FROM ${moment}) * 1000)::bigint`,
  days: 7,
};
export const outbox: Table = { name: 'outbox', key: 'created_at', literal: (moment) => moment, days: 1 };

/** The beginning of the partition for a moment, in SQL. */
export const beginning = (moment: string, days: string | number) =>
  `date_bin(make_interval(days => ${days}), ${moment}, '2024-01-01 00:00Z')`;

/** The date in the name of a partition, in SQL; null if it has none. */
const named = `to_timestamp(substring(relname FROM '_([0-9]{8})$'), 'YYYYMMDD')`;

/**
 * A function that runs with the rights of the schema's owner, because a service's role owns no table. It creates the next missing partition, or drops the oldest
 * expired one, and returns what it did, or null if there is nothing to do. It gives up when it has waited for a lock for 200 ms.
 *
 * The default partition takes events that fit no other. When their partition is created, up to 10,000 move to it; more would take too long.
 * A partition of the outbox is not expired while it contains an event that is unpublished or was published within the retention. The inbox goes by the time in
 * the ids, because older events are never applied. Only for the old table, whose ids have no time, it goes by the time at which they were applied.
 */
export const maintenance = `
  CREATE FUNCTION maintain_partitions(parent text, keep_days integer) RETURNS text
  LANGUAGE plpgsql SECURITY DEFINER SET lock_timeout = '200ms' SET TimeZone = 'UTC' SET enable_seqscan = off SET jit = off AS $function$
  DECLARE
    days CONSTANT integer := CASE parent WHEN 'outbox' THEN ${outbox.days} WHEN 'inbox' THEN ${inbox.days} END;
    ahead CONSTANT integer := CASE parent WHEN 'outbox' THEN 3 ELSE 2 END;
    key CONSTANT text := CASE parent WHEN 'outbox' THEN '${outbox.key}' ELSE $key$${inbox.key}$key$ END;
    kept_since CONSTANT timestamptz := now() - make_interval(days => keep_days);
    ends timestamptz; part text; bounds text[]; condition text; few boolean; needed text; is_needed boolean;
  BEGIN
    IF days IS NULL THEN RAISE EXCEPTION 'there are no partitions of "%"', parent; END IF;

    FOR part, bounds IN
      SELECT parent || '_' || to_char(begins, 'YYYYMMDD'),
             CASE parent WHEN 'outbox' THEN ARRAY[begins::text, following::text]
                         ELSE ARRAY[(${inbox.literal('begins')})::text, (${inbox.literal('following')})::text] END
      FROM generate_series(0, ahead) AS place,
           LATERAL (SELECT ${beginning('now()', 'days')} + place * make_interval(days => days)) AS starting(begins),
           LATERAL (SELECT begins + make_interval(days => days)) AS ending(following)
      WHERE begins >= (SELECT coalesce(max(${named}), '-infinity') FROM pg_inherits JOIN pg_class ON oid = inhrelid
                       WHERE inhparent = parent::regclass AND relname ~ '_before_[0-9]{8}$')
      ORDER BY place
    LOOP
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      EXECUTE format('LOCK TABLE ONLY %I IN SHARE UPDATE EXCLUSIVE MODE', parent);
      CONTINUE WHEN to_regclass(part) IS NOT NULL;
      EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', parent || '_default');
      condition := format('%1$s >= %2$L AND %1$s < %3$L', key, bounds[1], bounds[2]);
      EXECUTE format('SELECT count(*) <= 10000 FROM (SELECT FROM %I WHERE %s LIMIT 10001) AS found', parent || '_default', condition) INTO few;
      CONTINUE WHEN NOT few;
      IF parent = 'outbox' THEN
        EXECUTE format('CREATE TABLE %I (LIKE outbox_default INCLUDING ALL EXCLUDING IDENTITY) WITH (${storage})', part);
      ELSE
        EXECUTE format('CREATE TABLE %I (LIKE inbox_default INCLUDING ALL EXCLUDING INDEXES, PRIMARY KEY (event_id))', part);
      END IF;
      EXECUTE format('INSERT INTO %I SELECT * FROM %I WHERE %s', part, parent || '_default', condition);
      EXECUTE format('DELETE FROM %I WHERE %s', parent || '_default', condition);
      EXECUTE format('ALTER TABLE %I ATTACH PARTITION %I FOR VALUES FROM (%L) TO (%L)', parent, part, bounds[1], bounds[2]);
      RETURN 'made ' || part;
    END LOOP;

    FOR part, ends IN
      SELECT relname, named + make_interval(days => CASE WHEN relname ~ '_before_' THEN 0 ELSE days END)
      FROM pg_inherits JOIN pg_class ON oid = inhrelid, LATERAL (SELECT ${named}) AS part(named)
      WHERE inhparent = parent::regclass AND relname ~ '_[0-9]{8}$' ORDER BY named
    LOOP
      EXIT WHEN ends > kept_since;
      needed := CASE
        WHEN parent = 'outbox' THEN 'SELECT EXISTS (SELECT FROM %1$I WHERE published_at IS NULL) OR EXISTS (SELECT FROM %1$I WHERE published_at >= $1)'
        WHEN part ~ '_before_' THEN 'SELECT EXISTS (SELECT FROM %I WHERE applied_at >= $1)'
        ELSE 'SELECT false' END;
      EXECUTE format(needed, part) INTO is_needed USING kept_since;
      CONTINUE WHEN is_needed;
      EXECUTE format('LOCK TABLE ONLY %I IN ACCESS EXCLUSIVE MODE', parent);
      CONTINUE WHEN to_regclass(part) IS NULL;
      EXECUTE format('LOCK TABLE %I IN ACCESS EXCLUSIVE MODE', part);
      EXECUTE format(needed, part) INTO is_needed USING kept_since;
      CONTINUE WHEN is_needed;
      EXECUTE format('DROP TABLE %I', part);
      RETURN 'dropped ' || part;
    END LOOP;
    RETURN NULL;
  END $function$;
  REVOKE ALL ON FUNCTION maintain_partitions FROM PUBLIC;
  DO $$ BEGIN
    EXECUTE format('ALTER FUNCTION maintain_partitions SET search_path = %I, pg_temp', current_schema());
    IF to_regrole(current_schema() || '_app') IS NOT NULL THEN
      EXECUTE format('GRANT EXECUTE ON FUNCTION maintain_partitions TO %I', current_schema() || '_app');
    END IF;
  END $$`;
