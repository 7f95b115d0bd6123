import { readSettings } from '@agora/process';
import { connectDatabase, databaseSettings, type DatabaseSettings } from '@agora/database';
import type { Sequelize } from 'sequelize';
import type { ModelCtor } from 'sequelize-typescript';

export const readDatabaseSettings = (environment: NodeJS.ProcessEnv): DatabaseSettings =>
  readSettings<DatabaseSettings>(environment, databaseSettings);

/** Connects to the service's database as the environment says. */
export const openDatabase = (service: string, models: ModelCtor[]): Sequelize =>
  connectDatabase(readDatabaseSettings(process.env), `${service}-operations`, models);
