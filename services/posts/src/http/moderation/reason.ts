import { text } from '@agora/http';
import Joi from 'joi';

/** Why somebody reports or removes a post. */
export const reasonBody = Joi.object<{ reason: string }>({ reason: text({ min: 1, max: 500 }).required() })
  .example({ reason: 'It advertises a shop.' })
  .meta({ name: 'Reason' });
