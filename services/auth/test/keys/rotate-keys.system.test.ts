import { afterAll, afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { connectDatabase } from '@agora/database';
import { eventually, httpClient, join, query, startAgora, type Agora, type Person } from '@agora/testing';
import { readKeysConfig } from '../../src/config.js';
import { SigningKey } from '../../src/models/signing-key.js';
import { rotateKeys } from '../../src/keys/rotate-keys.js';
import { askKeys, keysEnvironment, livingKeys, runKeys, startKeys, stopCommands } from './keys-command.js';
import { startTraffic } from '../traffic.js';

const short = { KEY_ACTIVATION_DELAY_SECONDS: '6', JWKS_REFRESH_SECONDS: '1' };

const kidOf = (token: string) =>
  (JSON.parse(Buffer.from(token.split('.')[0] ?? '', 'base64url').toString()) as { kid: string }).kid;
const publishedBy = async (agora: Agora) => {
  const { body } = await httpClient(agora.process('auth').internalUrl)('GET', '/internal/jwks.json');
  return (body as unknown as { keys: Record<string, string>[] }).keys;
};
const publishedKids = async (agora: Agora) => (await publishedBy(agora)).map(({ kid }) => kid);
/** As if so much time had passed since each key began to sign. */
const age = (interval: string) =>
  query('UPDATE auth.signing_keys SET activates_at = activates_at - $1::interval', [interval]);

afterAll(stopCommands);

describe('rotating the signing key', () => {
  const running: Agora[] = [];
  const start = async (names: Parameters<typeof startAgora>[0], environment = {}) => {
    const agora = await startAgora(names, { algorithm: 'ES256', environment: { ...short, ...environment } });
    running.push(agora);
    return agora;
  };
  beforeEach(() => query('DELETE FROM auth.signing_keys'));
  afterEach(async () => {
    await Promise.all(running.splice(0).map((agora) => agora.stop()));
  });
  const logIn = async (agora: Agora, { email, password }: Person) => {
    const ask = httpClient(agora.process('auth').url);
    const { body } = await ask('POST', '/login', { form: { username: email, password } });
    return String(body.access_token);
  };
  const statusAt = async (agora: Agora, name: 'auth' | 'posts', token: string) => {
    const path = name === 'auth' ? '/users/me' : '/posts';
    return (await httpClient(agora.process(name).url)('GET', path, { token })).status;
  };

  it('refuses no token, from the first key to its end', async () => {
    const agora = await start(['auth', 'posts']);
    const traffic = await startTraffic(agora);
    const [first] = await publishedKids(agora);

    const { kid: second } = await askKeys('rotate');
    expect(await livingKeys()).toEqual([`active ${first}`, `next ${second}`]);
    await eventually(async () => expect(await publishedKids(agora)).toEqual([first, second]));
    await eventually(async () => expect(kidOf(await traffic.freshToken())).toBe(second));
    expect(await livingKeys()).toEqual([`retiring ${first}`, `active ${second}`]);

    // By the time at which the first is retired, all that it signed has expired: nobody uses it any more.
    await traffic.useOnly((token) => kidOf(token) === second);
    await age('16 minutes 10 seconds');
    await eventually(async () => expect(await publishedKids(agora)).toEqual([second]));
    await eventually(async () => expect(await livingKeys()).toEqual([`active ${second}`]));
    expect(kidOf(await traffic.freshToken())).toBe(second);
    const { refused, accepted } = await traffic.stop();
    expect(refused).toEqual([]);
    expect(accepted).toBeGreaterThan(20);
  }, 60_000);

  it('continues through a restart and with two replicas, which agree', async () => {
    const [one, other] = [await start(['auth', 'posts']), await start(['auth'])];
    const ask = httpClient(one.process('auth').url);
    const [ann, bob] = [await join(ask), await join(ask)];
    expect(await publishedKids(other)).toEqual(await publishedKids(one));
    const { kid: second } = await askKeys('rotate');
    for (const agora of [one, other])
      await eventually(async () => expect(await publishedKids(agora)).toContain(second));

    await one.process('auth').end('SIGKILL');
    await one.process('auth').restart();

    await eventually(async () => expect(await livingKeys()).toContain(`active ${second}`));
    for (const agora of [one, other]) {
      // Many logins end the first session of an account, so it is not ann who waits.
      await eventually(async () => expect(kidOf(await logIn(agora, bob))).toBe(second));
      const token = await logIn(agora, ann);
      expect(await statusAt(one, 'posts', token)).toBe(200);
      expect(await statusAt(one, 'posts', ann.token)).toBe(200);
      expect(await statusAt(agora, 'auth', ann.token)).toBe(200);
    }
  }, 60_000);

  it('lets a key wait from the time a replica publishes it, not from its creation', async () => {
    const before = await start(['auth']);
    const [first] = await publishedKids(before);
    await before.stop();
    const { kid: second } = await askKeys('rotate');
    await query("UPDATE auth.signing_keys SET created_at = created_at - interval '1 day'");
    const agora = await start(['auth'], { KEY_ACTIVATION_DELAY_SECONDS: '600' });
    expect(await publishedKids(agora)).toEqual([first, second]);
    const { token } = await join(httpClient(agora.process('auth').url));
    expect(kidOf(token)).toBe(first);
  }, 60_000);

  it('ends all tokens of a key that is retired in an emergency: at auth, and at others when they fetch', async () => {
    const agora = await start(['auth', 'posts'], { KEY_ACTIVATION_DELAY_SECONDS: '600' });
    const ann = await join(httpClient(agora.process('auth').url));
    expect([await statusAt(agora, 'auth', ann.token), await statusAt(agora, 'posts', ann.token)]).toEqual([
      200, 200,
    ]);
    const { kid: second } = await askKeys('rotate');
    const { message } = await askKeys('retire', kidOf(ann.token));
    expect(message).toBe(`${kidOf(ann.token)} is retired; ${second} signs from now on`);

    await eventually(async () => expect(await statusAt(agora, 'auth', ann.token)).toBe(401));
    await eventually(async () => expect(await statusAt(agora, 'posts', ann.token)).toBe(401));
    const token = await logIn(agora, ann);
    expect(kidOf(token)).toBe(second);
    expect([await statusAt(agora, 'auth', token), await statusAt(agora, 'posts', token)]).toEqual([200, 200]);
  }, 60_000);

  it('forgets the private half of a retired key, and never publishes one', async () => {
    const agora = await start(['auth']);
    const [first] = await publishedKids(agora);
    const { kid: second } = await askKeys('rotate');
    await eventually(async () => expect(await publishedKids(agora)).toContain(second));
    for (const key of await publishedBy(agora))
      expect(Object.keys(key).toSorted()).toEqual(['alg', 'crv', 'kid', 'kty', 'use', 'x', 'y']);
    await askKeys('retire', String(first));
    const stored = await query('SELECT kid FROM auth.signing_keys WHERE encrypted_private_key IS NOT NULL');
    expect(stored).toEqual([{ kid: second }]);
  }, 60_000);

  it('continues with the known keys while they cannot be read', async () => {
    const agora = await start(['auth']);
    const ann = await join(httpClient(agora.process('auth').url));
    const kids = await publishedKids(agora);
    await query('ALTER TABLE auth.signing_keys RENAME TO signing_keys_away');
    try {
      await eventually(() => expect(agora.process('auth').log()).toContain('cannot read the signing keys'));
      expect(await publishedKids(agora)).toEqual(kids);
      expect(await statusAt(agora, 'auth', await logIn(agora, ann))).toBe(200);
    } finally {
      await query('ALTER TABLE auth.signing_keys_away RENAME TO signing_keys');
    }
  }, 60_000);
});

describe('keys', () => {
  beforeEach(() => query('DELETE FROM auth.signing_keys'));
  const refusalOf = async (args: string[], environment = {}) => {
    const { code, stderr } = await runKeys(args, environment);
    return { code, stderr };
  };

  it('creates one key for many concurrent rotations', async () => {
    const settings = readKeysConfig(keysEnvironment);
    const database = connectDatabase(settings, 'test', [SigningKey]);
    const outcomes = await Promise.all(Array.from({ length: 6 }, () => rotateKeys(settings)));
    await database.close();
    expect(new Set(outcomes.map(({ kid }) => kid)).size).toBe(1);
    expect((await askKeys('list')).keys).toHaveLength(1);
  });

  it('creates none while one is waiting', async () => {
    const one = await askKeys('rotate');
    expect(await askKeys('rotate')).toMatchObject({
      kid: one.kid,
      message: `${one.kid} is the next key already; no other was made`,
      keys: [{ kid: one.kid, state: 'next', activates_at: null, retires_at: null }],
    });
  });

  it('lists keys as a table', async () => {
    expect(await startKeys(['list'])).toMatchObject({ code: 0, stdout: 'There are no keys yet.\n' });
    const { kid } = await askKeys('rotate');
    const [heading, row] = (await runKeys(['list'])).stdout.split('\n');
    expect(heading).toMatch(/^kid +algorithm +state +created +signs from +published until$/);
    expect(row).toMatch(
      new RegExp(`^${kid} +ES256 +next +\\d{4}-\\d\\d-\\d\\dT[\\d:]{8}Z +when auth has published it$`),
    );
  });

  it('retires neither the only key nor a missing one, and no key twice', async () => {
    const { kid: first } = await askKeys('rotate');
    expect(await refusalOf(['retire', String(first), '--yes'])).toEqual({
      code: 1,
      stderr: `keys: ${first} is the only key that can sign; make another one first with "rotate"\n`,
    });
    await query('UPDATE auth.signing_keys SET activates_at = now()');
    expect((await runKeys(['rotate', '--dry-run'])).stdout).toMatch(/^a next key would be made\n/);
    await askKeys('rotate');
    expect((await runKeys(['retire', String(first), '--dry-run'])).stdout).toMatch(
      /^all tokens that .* would end/,
    );
    expect(await refusalOf(['retire', String(first)])).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^keys: All tokens that .* end, .* say --yes/),
    });
    expect((await askKeys('retire', String(first))).message).toContain(`${first} is retired; `);
    expect((await askKeys('retire', String(first))).message).toBe(`${first} is retired already`);
    expect(await refusalOf(['retire', 'other'])).toEqual({
      code: 1,
      stderr: 'keys: there is no key other\n',
    });
  });

  it.each([
    [['rotate'], { ALGORITHM: 'HS256', SECRET_KEY: 'x' }, 1, /^keys: HS256 .* nothing to rotate\n$/],
    [['list'], { SIGNING_KEY: 'given', SIGNING_KEY_SECRET: '' }, 1, /^keys: .*SIGNING_KEY; there is nothing/],
    [['list'], { DATABASE_PORT: '1' }, 1, /^keys: the database does not answer.*\n$/],
    [['list'], { SIGNING_KEY_SECRET: '' }, 1, /^keys: SIGNING_KEY_SECRET is required\n$/],
    [['turn'], {}, 2, /^Usage: .*\n$/],
    [['retire'], {}, 2, /^Usage: .*\n$/],
    [['rotate', 'now'], {}, 2, /^Usage: .*\n$/],
  ])('says in one line why it does not %j with %j', async (args, environment, code, stderr) => {
    expect(await refusalOf(args, environment)).toEqual({ code, stderr: expect.stringMatching(stderr) });
  });

  it('creates no key with a secret that does not decrypt the existing ones', async () => {
    await askKeys('rotate');
    const other = { SIGNING_KEY_SECRET: '0123456789abcdef0123456789abcdef' };
    expect(await refusalOf(['rotate'], other)).toMatchObject({
      code: 1,
      stderr: 'keys: SIGNING_KEY_SECRET does not open the signing key in the database\n',
    });
    expect((await askKeys('list')).keys).toHaveLength(1);
  });
});
