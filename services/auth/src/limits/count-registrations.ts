import { tooMany } from '@agora/http';
import { addressNetworks } from '@agora/http/serve';
import type { Logger } from '@agora/process';
import type { Sequelize } from 'sequelize';
import type { Config } from '../config.js';
import { openCounter } from './open-counter.js';
import { orUnavailable } from './or-unavailable.js';

/** Counts one try to register from an address; throws a 429 with `Retry-After` past the limit, a 503 when it cannot be counted. */
export type CountRegistration = (address: string) => Promise<void>;

/** Counts registrations per IP address and its wider networks, including those with a taken e-mail address: they reveal who has an account. */
export function countRegistrations(database: Sequelize, config: Config, logger: Logger): CountRegistration {
  const { limit } = config.REGISTRATIONS_PER_ADDRESS;
  const counter = openCounter(database, 'registration', config.REGISTRATIONS_PER_ADDRESS);
  return async (address) => {
    const networks = addressNetworks(address);
    const counting = Promise.all(networks.map(({ network }) => counter.penalty(network)));
    const waits = (await orUnavailable(counting, logger)).map(({ consumedPoints, msBeforeNext }, index) =>
      consumedPoints > limit * (networks[index]?.times ?? 1) ? msBeforeNext : 0,
    );
    const wait = Math.max(...waits);
    if (wait === 0) return;
    logger.info({ event: 'registration_throttled', address: networks[0].network }, 'registration attempt');
    throw tooManyRegistrations(Math.max(1, Math.ceil(wait / 1_000)));
  };
}

/** 429: too many registrations from one address; try again after the given seconds. */
export const tooManyRegistrations = (retryAfter: number) =>
  tooMany('too_many_attempts', 'Too many registrations. Try again later.', retryAfter);
