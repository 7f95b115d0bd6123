import { QueryTypes, type Sequelize } from 'sequelize';

/** The gap above the highest known id when a sequence has gone back: lost rows may have had higher ids than any known. */
const margin = 1_000;
/** A sequence is not moved further than this by what others say: one wrong id must not use up all. */
const furthest = 10_000_000;
const atOnce = 100_000;
const none = [0, 0] as const;

/** An id that was named before, drawn by a sequence that has gone back: a failover that lost a tail, or a restored backup. */
class StaleId extends Error {
  override readonly name = 'StaleId';
}

/** Receives the id that was drawn, and whether a row with it exists; throws when the id must not be used. */
export interface CheckId {
  (id: number | 'taken'): void;
  /** The ids that it throws at, these two included: for a statement that must not write them in the first place. */
  readonly refused: readonly [from: number, to: number];
}

/** The ids that a table gives: never one that was named before, whatever its sequence says. */
export interface NewIds {
  /** Some event or service names this id: new ones come after it. */
  saw(id: number): void;
  /** The highest id that anybody named. */
  highest(): number;
  /**
   * Calls `make`, which draws an id in a transaction of its own and has it checked. When it was named before, `check` throws, so that the
   * transaction is rolled back; the sequence is moved on, and `make` is called again.
   */
  draw<Made>(make: (check: CheckId) => Promise<Made>): Promise<Made>;
}

/** Watches over the ids of a table of the service's own schema. `warn` is called when its sequence has gone back. */
export function openNewIds(
  table: string,
  database: Sequelize,
  warn: (fields: object, message: string) => void,
): NewIds {
  let highest = 0;
  let moving: Promise<void> | undefined;
  const moveOn = async () => {
    const last = await goOnAfter(highest + margin, table, database);
    warn(
      { table, highest, last },
      'the sequence had gone back; new ids come after the highest that is known',
    );
  };
  // Of many who find it out at once, one moves it on.
  const movedOn = () => (moving ??= moveOn().finally(() => (moving = undefined)));
  return {
    saw(id) {
      if (id > highest) highest = id;
    },
    highest: () => highest,
    async draw(make) {
      // What is named from now on may have been drawn after ours.
      const named = highest;
      const check = (id: number | 'taken') => {
        if (id === 'taken') throw new StaleId(`an id of ${table} is there already`);
        if (id > named) return;
        if (named - id <= furthest) throw new StaleId(`the id ${id} of ${table} was given before`);
        warn({ table, id, named }, 'an id that is too high to be true was named; it is ignored');
        highest = id;
      };
      try {
        return await make(Object.assign(check, { refused: [named - furthest, named] as const }));
      } catch (error) {
        if (!(error instanceof StaleId || isPresent(error, table))) throw error;
        const present = await highestIn(table, database);
        if (present > highest || highest - present > furthest) highest = present;
        await movedOn();
        return make(Object.assign(() => undefined, { refused: none }));
      }
    },
  };
}

/** Whether a row with that id is there: rows were restored, and their sequence was not. */
function isPresent(error: unknown, table: string): boolean {
  // Sequelize wraps the error of pg.
  const cause = error instanceof Error && 'parent' in error ? error.parent : error;
  return cause instanceof Error && 'constraint' in cause && cause.constraint === `${table}_pkey`;
}

async function highestIn(table: string, database: Sequelize): Promise<number> {
  const [row] = await database.query<{ highest: number | null }>(`SELECT max(id) AS highest FROM ${table}`, {
    type: QueryTypes.SELECT,
  });
  return row?.highest ?? 0;
}

/**
 * Has a table give ids past `highest` from now on; returns the last that was drawn. A service's role may take numbers from its sequence
 * and not set it, so it takes them: a million in about a second, and one when it is past already.
 */
export async function goOnAfter(highest: number, table: string, database: Sequelize): Promise<number> {
  let last = 0;
  for (let count = 1; last < highest; count = Math.min(highest - last, atOnce)) {
    const [taken] = await database.query<{ last: number }>(
      `SELECT max(nextval(pg_get_serial_sequence($1, 'id')))::int AS last FROM generate_series(1, $2)`,
      { bind: [table, count], type: QueryTypes.SELECT },
    );
    last = taken?.last ?? highest;
  }
  return last;
}
