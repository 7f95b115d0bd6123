import { integerParameter, readQuery, type Handler } from '@agora/chassis';
import { readOutbox } from '@agora/messaging';
import type { Sequelize } from 'sequelize';

/** `GET /internal/events`: what the service has to tell others, in pages, for those who compare it with what they were told. */
export const listEvents =
  (database: Sequelize): Handler =>
  async (ctx) => {
    const { after, limit } = readQuery<{ after: number; limit: number }>(ctx, {
      after: integerParameter({ min: 0, max: 9_999_999_999, fallback: 0 }),
      limit: integerParameter({ min: 1, max: 2_000, fallback: 1_000 }),
    });
    ctx.body = await readOutbox(database, String(after), limit);
  };
