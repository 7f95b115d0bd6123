import { every, type Logger, type Stoppable } from '@agora/process';
import { defineStatement, sql } from '@agora/database';

const everyMilliseconds = 60_000;

/** The highest bcrypt cost of any account's hash; undefined where there is none. */
async function highestCost(): Promise<number | undefined> {
  const [found] = await sql<{ cost: string | null }>(findHighest);
  return found?.cost ? Number(found.cost) : undefined;
}

/** Reports the highest bcrypt cost of any account once a minute, and before it resolves if the database answers: replicas with a higher `BCRYPT_COST` may have hashed some. */
export async function followHighestCost(tell: (cost: number) => void, logger: Logger): Promise<Stoppable> {
  const look = async () => {
    const cost = await highestCost();
    if (cost !== undefined) tell(cost);
  };
  await look().catch((error: unknown) =>
    logger.warn({ error }, 'cannot read the highest cost of a password yet'),
  );
  return every('reading the highest cost of a password', everyMilliseconds, look, { logger });
}

const findHighest = defineStatement(
  'highest-password-cost',
  "SELECT max(substr(password_hash, 5, 2)) AS cost FROM users WHERE password_hash LIKE '$2%'",
);
