import { text } from '@agora/http';
import Joi from 'joi';

/** The reason for a report or a removal. */
export const reasonBody = Joi.object<{ reason: string }>({ reason: text({ min: 1, max: 500 }).required() })
  .example({ reason: 'It advertises a shop.' })
  .meta({ name: 'Reason' });
