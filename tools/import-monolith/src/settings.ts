import { databaseSettings, type DatabaseSettings } from '@agora/database';
import Joi from 'joi';

/** What an import reads: the service's own database, and where that of the old application is. */
export const importSettings = {
  ...databaseSettings,
  MONOLITH_URL: Joi.string()
    .uri({ scheme: ['postgres', 'postgresql'] })
    .required()
    .messages({ 'string.uriCustomScheme': '{#label} must be like postgres://user:password@host:5432/name' }),
};

export interface ImportSettings extends DatabaseSettings {
  /** `postgres://…` of the old application; it is only read. */
  MONOLITH_URL: string;
}
