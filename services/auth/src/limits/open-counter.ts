import type { Rate } from '@agora/process';
import { RateLimiterPostgres } from 'rate-limiter-flexible';
import type { Sequelize } from 'sequelize';

/** A counter by key in the table of all replicas, whose rows count for `seconds` from the first; `limit` is the caller's to mind. */
export const openCounter = (
  database: Sequelize,
  name: string,
  { limit, seconds }: Rate,
): RateLimiterPostgres =>
  new RateLimiterPostgres({
    storeClient: database,
    storeType: 'sequelize',
    tableName: 'rate_limits',
    // This role may not create it, and rows are deleted in batches elsewhere.
    tableCreated: true,
    clearExpiredByTimeout: false,
    keyPrefix: name,
    points: limit,
    duration: seconds,
  });
