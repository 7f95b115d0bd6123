import type { Migration } from '@agora/database';
import { QueryTypes } from 'sequelize';

/** Ids that one step looks at. */
const stepSize = 5_000;
let reached = 0;

/** Gives every account that was there before a key, in bounded steps that leave the table in use. */
export const fillAccountKeys: Migration = {
  name: '0010-fill-account-keys',
  async step({ sequelize }, transaction) {
    const [found] = await sequelize.query<{ last: number | null }>(
      `WITH page AS (SELECT id FROM users WHERE id > $1 ORDER BY id LIMIT ${stepSize}),
         filled AS (UPDATE users SET account_key = gen_random_uuid()
                    WHERE id IN (SELECT id FROM page) AND account_key IS NULL)
       SELECT max(id) AS last FROM page`,
      { bind: [reached], transaction, type: QueryTypes.SELECT },
    );
    reached = found?.last ?? reached;
    return typeof found?.last === 'number';
  },
  async up({ sequelize }, transaction) {
    // Whatever appeared meanwhile has its key by default.
    await sequelize.query('UPDATE users SET account_key = gen_random_uuid() WHERE account_key IS NULL', {
      transaction,
    });
  },
  async down() {
    // The column goes with the migration before.
  },
};
