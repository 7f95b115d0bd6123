import { argon2Sync, randomBytes, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { httpClient, join, query, startAgora, type Agora, type HttpClient } from '@agora/testing';
import bcrypt from 'bcrypt';
import { forgetHashes } from '../../passwords/forget-hashes.js';

/** Of this process; other replicas have hashed at 11, older releases at 8, and another application with argon2. */
const environment = { BCRYPT_COST: '10', LOGIN_FAILURES_PER_ACCOUNT: '100/900' };

let agora: Agora;
let ask: HttpClient;

beforeAll(async () => {
  agora = await startAgora(['auth'], { environment });
  ask = httpClient(agora.process('auth').url);
});
afterAll(async () => {
  await agora.stop();
  await forgetHashes();
});

async function accountWith(hash: string): Promise<string> {
  const { id, email } = await join(ask);
  await query('UPDATE auth.users SET password_hash = $2 WHERE id = $1', [id, hash]);
  return email;
}

function argon2Hash(): string {
  const [salt, parameters] = [randomBytes(16), { parallelism: 1, memory: 16_384, passes: 2 }];
  const tag = argon2Sync('argon2id', { message: 'a', nonce: salt, tagLength: 32, ...parameters });
  const [nonce, digest] = [salt, tag].map((bytes) => bytes.toString('base64').replace(/=+$/, ''));
  return `$argon2id$v=19$m=16384,t=2,p=1$${nonce}$${digest}`;
}

/** The processor time that auth has used, in milliseconds: unlike the time on the clock it does not depend on what else the machine does. */
async function timeUsed(of: Agora): Promise<number> {
  const metrics = await (await fetch(`${of.process('auth').internalUrl}/metrics`)).text();
  return Number(/^process_cpu_seconds_total ([\d.]+)/m.exec(metrics)?.[1]) * 1_000;
}

/** The least that a wrong password costs; whatever else the process does only adds to it. */
async function costOf(username: () => string, of = agora): Promise<number> {
  const costs: number[] = [];
  while (costs.length < 2) {
    const before = await timeUsed(of);
    const form = { username: username(), password: 'wrong' };
    const { status } = await httpClient(of.process('auth').url)('POST', '/login', { form });
    costs.push((await timeUsed(of)) - before);
    expect(status).toBe(403);
  }
  return Math.min(...costs);
}

const nobody = () => `${randomUUID()}@example.test`;

describe('a wrong password', () => {
  it('costs the same for every account, and without an account', async () => {
    const costly = await accountWith(await bcrypt.hash('a', 11));
    const cheap = await accountWith(await bcrypt.hash('a', 8));
    const { email: ordinary } = await join(ask);
    const cost = await costOf(() => costly);
    for (const name of [() => cheap, () => ordinary, nobody]) {
      const share = (await costOf(name)) / cost;
      expect([share > 0.75, share < 1.33]).toEqual([true, true]);
    }
  });

  it('costs about the same for an account imported from another application', async () => {
    const foreign = await accountWith(argon2Hash());
    const share = (await costOf(() => foreign)) / (await costOf(nobody));
    expect([share > 0.67, share < 1.5]).toEqual([true, true]);
  });

  it('costs as much as the most expensive hash, from the start of the process', async () => {
    const costliest = await accountWith(await bcrypt.hash('a', 12));
    const other = await startAgora(['auth'], { environment });
    try {
      const unknown = await costOf(nobody, other);
      const share = unknown / (await costOf(() => costliest, other));
      expect([share > 0.75, share < 1.33]).toEqual([true, true]);
    } finally {
      await other.stop();
    }
  });
});
