import { randomBytes } from 'node:crypto';
import { hash as hashArgon2, parseOptions, verify as verifyArgon2 } from '@node-rs/argon2';
import bcrypt from 'bcrypt';

/** bcrypt at a cost is 2^cost rounds of the same work. */
const roundsAt = (cost: number) => 2 ** cost;
const cheapestCost = 4;
/** The costliest that the settings allow; what an account of another application cost is no measure for others. */
const highestCost = 15;

/** Compares passwords so that a wrong one takes as long for every account, and as long where there is none. */
export interface EqualWork {
  /** Whether the password is the one of the hash; without a hash, false. */
  compare(password: string, hash: string | undefined): Promise<boolean>;
  /** All comparisons take at least as long as one at this cost, from now on. */
  raise(cost: number): void;
}

/** Compares at first as if every account had the given cost. */
export async function openEqualWork(cost: number): Promise<EqualWork> {
  const anyHash = await bcrypt.hash(randomBytes(32).toString('base64'), cheapestCost);
  const hashAt = (of: number) => `$2b$${String(of).padStart(2, '0')}${anyHash.slice(6)}`;
  const argon2Rounds = await measureArgon2(hashAt);
  let target = cost;

  const raise = (to: number) => void (target = Math.max(target, Math.min(to, highestCost)));
  /** In powers of two, so that each cost comes once at most. */
  const spend = async (rounds: number) => {
    let left = rounds;
    for (let next = target; next >= cheapestCost; next -= 1) {
      if (left < roundsAt(next)) continue;
      await bcrypt.compare('x', hashAt(next));
      left -= roundsAt(next);
    }
  };
  return {
    raise,
    async compare(password, hash) {
      if (hash === undefined) {
        await bcrypt.compare(password, hashAt(target));
        return false;
      }
      const isForeign = isArgon2(hash);
      if (!isForeign) raise(bcrypt.getRounds(hash));
      const same = isForeign ? await verifyArgon2(hash, password) : await bcrypt.compare(password, hash);
      const spent = isForeign ? argon2Rounds(hash) : roundsAt(bcrypt.getRounds(hash));
      if (!same) await spend(roundsAt(target) - spent);
      return same;
    },
  };
}

export const isArgon2 = (hash: string) => hash.startsWith('$argon2');

/** How many rounds of bcrypt an argon2 hash costs as much as: its time grows with memory times passes. By processor time, which does not depend on what else the machine does. */
async function measureArgon2(hashAt: (cost: number) => string): Promise<(hash: string) => number> {
  const sample = { memoryCost: 8_192, timeCost: 2, parallelism: 1 };
  const perUnit = (await timeUsed(() => hashArgon2('x', sample))) / (sample.memoryCost * sample.timeCost);
  const perRound = (await timeUsed(() => bcrypt.compare('x', hashAt(8)))) / roundsAt(8);
  return (hash) => {
    const { memoryCost, timeCost } = parseOptions(hash);
    return (memoryCost * timeCost * perUnit) / perRound;
  };
}

/** The least processor time of three, in microseconds. */
async function timeUsed(work: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  while (times.length < 3) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    times.push(user + system);
  }
  return Math.min(...times);
}
