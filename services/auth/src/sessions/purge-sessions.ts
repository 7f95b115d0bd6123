import { every, type Logger, type Stoppable } from '@agora/chassis';
import { Op } from 'sequelize';
import { Session } from '../models/session.js';

const intervalMilliseconds = 3_600_000;
const batchSize = 1_000;

/** Deletes sessions that have expired, with their refresh tokens, every hour and in bounded batches; any number of replicas may. */
export const purgeExpiredSessions = (logger: Logger): Stoppable =>
  every(
    'deleting expired sessions',
    intervalMilliseconds,
    async () => {
      const deleted = await deleteExpired();
      if (deleted > 0) logger.info({ deleted }, 'expired sessions deleted');
    },
    { logger },
  );

async function deleteExpired(): Promise<number> {
  let total = 0;
  for (let deleted = batchSize; deleted === batchSize; total += deleted) {
    const expired = await Session.findAll({
      attributes: ['id'],
      where: { expiresAt: { [Op.lt]: new Date() } },
      limit: batchSize,
    });
    deleted = await Session.destroy({ where: { id: expired.map(({ id }) => id) } });
  }
  return total;
}
