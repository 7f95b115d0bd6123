import { randomInt, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  query,
  startAgora,
  type Agora,
  type Answer,
  type HttpClient,
  type Person,
} from '@agora/testing';

const environment = {
  LOGIN_FAILURES_PER_ACCOUNT: '3/900',
  LOGIN_FAILURES_CEILING: '5',
  LOGIN_FAILURES_PER_ADDRESS: '10/3600',
};

const group = () => randomInt(0x10000).toString(16);
/** An address that no other test uses. */
const freshAddress = () => `2001:db8:${group()}:${group()}::1`;

let agora: Agora;
let replica: Agora;

beforeAll(async () => {
  [agora, replica] = await Promise.all([
    startAgora(['auth'], { environment }),
    startAgora(['auth'], { environment }),
  ]);
});
afterAll(() => Promise.all([agora.stop(), replica.stop()]));

/** A client at an address, as the gateway names it. */
const at =
  (address: string, of = agora): HttpClient =>
  (method, path, ask) =>
    httpClient(of.process('auth').url)(method, path, { ...ask, headers: { 'X-Forwarded-For': address } });
const logIn = (username: string, password: string, address: string, of = agora): Promise<Answer> =>
  at(address, of)('POST', '/login', { form: { username, password } });
const fail = async (count: number, username: string, address: string, of = agora) => {
  for (let left = count; left > 0; left -= 1) {
    expect((await logIn(username, 'wrong password', address, of)).status).toBe(403);
  }
};
const newcomer = (address = freshAddress()): Promise<Person> => join(at(address));
const nobody = () => `${randomUUID()}@example.test`;
const expire = (prefix: string, inMilliseconds: number) =>
  query('UPDATE auth.rate_limits SET expire = $2 WHERE key LIKE $1', [
    `${prefix}%`,
    Date.now() + inMilliseconds,
  ]);

describe('failures of one account from one address', () => {
  it('are refused beyond the limit, even with the right password, with the time to wait', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    await fail(3, ann.email, address);
    const { status, headers, body } = await logIn(ann.email, ann.password, address);
    expect([status, body.code]).toEqual([429, 'too_many_attempts']);
    expect(headers.get('content-type')).toContain('application/problem+json');
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(880);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(900);
  });

  it.each([
    ['an account that does not exist', () => nobody()],
    ['what is no address', () => `no address ${randomUUID()}`],
  ])('are counted alike for %s', async (_name, username) => {
    const [name, address] = [username(), freshAddress()];
    await fail(3, name, address);
    const { status, body } = await logIn(name, 'wrong password', address);
    expect([status, body.code]).toEqual([429, 'too_many_attempts']);
  });

  it('are counted together, however the address of the account is written', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    await fail(2, ann.email, address);
    await fail(1, ` ${ann.email.toUpperCase()} `, address);
    expect((await logIn(ann.email, ann.password, address)).status).toBe(429);
  });

  it('are counted by all replicas together', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    await fail(2, ann.email, address);
    await fail(1, ann.email, address, replica);
    expect((await logIn(ann.email, ann.password, address)).status).toBe(429);
    expect((await logIn(ann.email, ann.password, address, replica)).status).toBe(429);
  });

  it('are forgotten after a login', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    await fail(2, ann.email, address);
    expect((await logIn(ann.email, ann.password, address)).status).toBe(200);
    await fail(3, ann.email, address, replica);
    expect((await logIn(ann.email, ann.password, address)).status).toBe(429);
  });

  it('are forgotten after a login, as is how often the limit was exceeded', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    await fail(3, ann.email, address);
    await Promise.all(['login-pair', 'login-account'].map((each) => expire(each, -1)));
    expect((await logIn(ann.email, ann.password, address)).status).toBe(200);
    await fail(3, ann.email, address);
    const { headers } = await logIn(ann.email, ann.password, address);
    expect(Number(headers.get('retry-after'))).toBeLessThanOrEqual(900);
  });

  it('reveal no more when they are concurrent', async () => {
    const [username, address] = [nobody(), freshAddress()];
    const answers = await Promise.all(
      Array.from({ length: 12 }, () => logIn(username, 'wrong password', address)),
    );
    const told = answers.filter(({ status }) => status === 403);
    // On a busy machine some wait too long for their turn to be hashed (503), which reveals nothing either.
    const overloaded = answers.filter(({ status }) => status === 503);
    expect(told.length).toBeLessThanOrEqual(3);
    expect(told.length + overloaded.length).toBeGreaterThanOrEqual(3);
    for (const { status } of answers) expect([403, 429, 503]).toContain(status);
  });

  it('do not reveal that the last of a burst of guesses was right', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    const guesses = [...Array<string>(12).fill('wrong password'), ann.password];
    const answers = await Promise.all(guesses.map((guess) => logIn(ann.email, guess, address)));
    // On a busy machine some wait too long for their turn to be hashed (503), which reveals nothing either.
    expect([429, 503]).toContain(answers.at(-1)?.status);
  });

  it('do not include concurrent right passwords', async () => {
    const ann = await newcomer();
    const address = freshAddress();
    // Attempts that wait too long for their turn to be hashed get a 503 and are retried.
    const untilDone = () =>
      eventually(async () => {
        const { status } = await logIn(ann.email, ann.password, address);
        if (status === 503) throw new Error('overloaded');
        return status;
      }, 15_000);
    const statuses = await Promise.all(Array.from({ length: 12 }, untilDone));
    expect(statuses).toEqual(Array<number>(12).fill(200));
  });

  it('no longer block logins when the time to wait is over', async () => {
    const [username, address] = [nobody(), freshAddress()];
    await fail(3, username, address);
    await expire('login-', 1_500);
    const { status, headers } = await logIn(username, 'wrong password', address);
    expect([status, headers.get('retry-after')]).toEqual([429, '2']);
    await eventually(() => fail(1, username, address), 3_000);
  });

  it('block logins twice as long each time', async () => {
    const [username, address] = [nobody(), freshAddress()];
    const waits: number[] = [];
    for (let lock = 0; lock < 3; lock += 1) {
      await fail(3, username, address);
      const { headers } = await logIn(username, 'wrong password', address);
      waits.push(Math.ceil(Number(headers.get('retry-after')) / 900));
      await Promise.all(['login-pair', 'login-account', 'login-address'].map((each) => expire(each, -1)));
    }
    expect(waits).toEqual([1, 2, 4]);
  });
});

describe('failures of one account from elsewhere', () => {
  it('do not lock its owner out', async () => {
    const ann = await newcomer();
    await fail(3, ann.email, freshAddress());
    expect((await logIn(ann.email, ann.password, freshAddress())).status).toBe(200);
  });

  it('leave each further address one guess', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    // The owner's own address stays out of it: it is known.
    await fail(3, ann.email, freshAddress());
    await fail(1, ann.email, address);
    const { status, headers } = await logIn(ann.email, ann.password, address);
    expect(status).toBe(429);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(880);
  });

  it('leave an address from which its owner has logged in all its guesses', async () => {
    const home = freshAddress();
    const ann = await newcomer(home);
    await fail(3, ann.email, freshAddress());
    await fail(2, ann.email, home);
    expect((await logIn(ann.email, ann.password, home)).status).toBe(200);
  });

  it('are forgotten after a login of its owner', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    await fail(3, ann.email, freshAddress());
    expect((await logIn(ann.email, ann.password, freshAddress())).status).toBe(200);
    await fail(2, ann.email, address);
  });

  it('end at a ceiling for all but the addresses from which its owner has logged in', async () => {
    const home = freshAddress();
    const ann = await newcomer(home);
    await fail(3, ann.email, freshAddress());
    for (let each = 0; each < 2; each += 1) await fail(1, ann.email, freshAddress());
    expect((await logIn(ann.email, ann.password, freshAddress())).status).toBe(429);
    expect((await logIn(ann.email, ann.password, home)).status).toBe(200);
  });
});

describe('failures from one address', () => {
  it('are refused beyond the limit, whatever the account, and do not affect other addresses', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    for (let each = 0; each < 10; each += 1) await fail(1, nobody(), address);
    const { status, headers, body } = await logIn(ann.email, ann.password, address);
    expect([status, body.code]).toEqual([429, 'too_many_attempts']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(3_500);
    expect((await logIn(ann.email, ann.password, freshAddress())).status).toBe(200);
  });

  it('are counted for its whole /64', async () => {
    const network = `2001:db8:${group()}:${group()}`;
    for (let each = 0; each < 10; each += 1) await fail(1, nobody(), `${network}::${each + 1}`);
    expect((await logIn(nobody(), 'wrong password', `${network}:ffff::`)).status).toBe(429);
  });

  it('are counted for its /56 and /48 with four and sixteen times the limit', async () => {
    const site = `2001:db8:${group()}`;
    // As if so many addresses of one /56 had failed once each.
    await query(
      `INSERT INTO auth.rate_limits SELECT 'login-address:' || network, points, $3 FROM unnest($1::text[], $2::int[]) AS counted (network, points)`,
      [[`${site}:100::/56`, `${site}::/48`], [39, 158], Date.now() + 900_000],
    );
    await fail(1, nobody(), `${site}:1aa::1`);
    expect((await logIn(nobody(), 'wrong password', `${site}:1bb::1`)).status).toBe(429);
    await fail(1, nobody(), `${site}:2bb::1`);
    expect((await logIn(nobody(), 'wrong password', `${site}:3bb::1`)).status).toBe(429);
  });

  it('are counted for an IPv4 address however it is written', async () => {
    const address = `198.51.100.${randomInt(256)}`;
    for (let each = 0; each < 5; each += 1) {
      await fail(1, nobody(), address);
      await fail(1, nobody(), `::ffff:${address}`);
    }
    expect((await logIn(nobody(), 'wrong password', address)).status).toBe(429);
  });

  it('are not forgotten after a login', async () => {
    const [ann, address] = [await newcomer(), freshAddress()];
    for (let each = 0; each < 9; each += 1) await fail(1, nobody(), address);
    expect((await logIn(ann.email, ann.password, address)).status).toBe(200);
    await fail(1, nobody(), address);
    expect((await logIn(ann.email, ann.password, address)).status).toBe(429);
  });
});

it('refuses all logins while attempts cannot be counted', async () => {
  const ann = await newcomer();
  await query('ALTER TABLE auth.rate_limits RENAME TO rate_limits_gone');
  try {
    const { status, headers, body } = await logIn(ann.email, ann.password, freshAddress());
    expect([status, body.code, headers.get('retry-after')]).toEqual([503, 'unavailable', '1']);
  } finally {
    await query('ALTER TABLE auth.rate_limits_gone RENAME TO rate_limits');
  }
  expect((await logIn(ann.email, ann.password, freshAddress())).status).toBe(200);
});

it('logs every attempt with the id of the user and never with the address of the account', async () => {
  const [ann, address] = [await newcomer(), freshAddress()];
  await fail(3, ann.email, address);
  await logIn(ann.email, ann.password, address);
  await logIn(ann.email, ann.password, freshAddress());
  await fail(1, 'audited-nobody@example.test', freshAddress());
  const log = await eventually(() => {
    const written = agora.process('auth').log();
    expect(written.split('"event":"login_').at(-1)).toMatch(/^failed".*login attempt.*"request answered"/s);
    return written;
  });
  const lines = log
    .split('\n')
    .filter((line) => line.includes('"event":"login_'))
    .map((line) => JSON.parse(line) as Record<string, unknown>);
  const account = lines.find(({ user_id: id }) => id === ann.id)?.account;
  expect(account).toMatch(/^[\w-]{12}$/);
  const events = lines
    .filter((line) => line.account === account)
    .map(({ event, user_id: id }) => [event, id]);
  expect(events).toEqual([
    ['login_succeeded', ann.id],
    ...Array.from({ length: 3 }, () => ['login_failed', ann.id]),
    ['login_throttled', undefined],
    ['login_succeeded', ann.id],
  ]);
  expect(lines.at(-1)).toMatchObject({ event: 'login_failed', request_id: expect.any(String) });
  expect(log).not.toContain(ann.email);
  expect(log).not.toContain('audited-nobody');
});
