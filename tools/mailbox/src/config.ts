import { processSettings, readSettings, type ProcessSettings } from '@agora/process';
import Joi from 'joi';

export interface Config extends Omit<ProcessSettings, 'INTERNAL_PORT'> {
  /** The port that accepts mail. */
  SMTP_PORT: number;
}

/** The mailbox has only its page. */
const withoutInternalPort = { INTERNAL_PORT: Joi.any().strip() };

/** The settings of the mailbox; `PORT` is that of its page. Throws a SettingsError that says what is wrong. */
export const readConfig = (environment: NodeJS.ProcessEnv): Config =>
  readSettings<Config>(environment, {
    ...processSettings,
    ...withoutInternalPort,
    PORT: Joi.number().port().default(8025),
    SMTP_PORT: Joi.number().port().default(1025),
  });
