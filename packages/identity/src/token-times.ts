import { Counter, type Logger } from '@agora/process';
import type { Claims } from './claims.js';

/** How many seconds the clocks of auth and of who verifies may differ; a token of a clock further ahead is refused. */
export const clockTolerance = 5;

export const tokensFromTheFuture = new Counter({
  name: 'tokens_from_the_future_total',
  help: `Tokens that were refused because they were issued more than ${clockTolerance} s ahead of this process's clock`,
});

const silentMilliseconds = 60_000;

/** Returns a function that checks whether a token is valid now (`nbf`, `iat`, `exp`). Tokens from the future are counted and, once a minute, logged. */
export function judgeTimes(logger: Logger): (claims: Claims) => boolean {
  let warnedAt = -Infinity;
  return ({ caller, issuedAt }) => {
    const now = Date.now() / 1_000;
    const ahead = issuedAt - now;
    if (ahead <= clockTolerance) return caller.expiresAt + clockTolerance > now;
    tokensFromTheFuture.inc();
    if (performance.now() - warnedAt > silentMilliseconds) {
      warnedAt = performance.now();
      logger.error(
        { seconds: Math.round(ahead * 10) / 10, tolerance: clockTolerance },
        'tokens are refused because they were issued in the future: compare the clock of this machine with that of auth',
      );
    }
    return false;
  };
}
