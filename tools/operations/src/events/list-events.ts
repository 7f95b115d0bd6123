import type { Handler } from '@agora/http';
import { integerParameter, readQuery } from '@agora/http/reads';
import { readOutbox } from '@agora/messaging/operating';
import Joi from 'joi';
import type { Sequelize } from 'sequelize';

const largestPlace = 2n ** 63n - 1n;

/** A position in an outbox; it exceeds JavaScript's safe integers. */
const placeParameter = Joi.string()
  .custom((value: string, { error }) =>
    /^(0|[1-9][0-9]{0,18})$/.test(value) && BigInt(value) <= largestPlace ? value : error('place.shape'),
  )
  .messages({ 'place.shape': `{#label} must be an integer from 0 to ${largestPlace}` });

/** `GET /internal/events`: what the service has published or will publish, in pages, for services that compare it with what they have applied. */
export const listEvents =
  (database: Sequelize): Handler =>
  async (ctx) => {
    const { after, limit } = readQuery<{ after: string; limit: number }>(ctx, {
      after: placeParameter.default('0'),
      limit: integerParameter({ min: 1, max: 2_000, fallback: 1_000 }),
    });
    ctx.body = await readOutbox(database, after, limit);
  };
