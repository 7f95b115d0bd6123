import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  beforeCommit,
  eventually,
  httpClient,
  join,
  mailTo,
  query,
  shareAgora,
  statusesOf,
  tokenIn,
  untilLocked,
  type Agora,
  type Answer,
  type HttpClient,
  type Person,
} from '@agora/testing';
import { Secret, TOTP, URI } from 'otpauth';

/** A code of the step of now, or of one so many steps away. */
const codeOf = (secret: string, steps = 0) =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: Date.now() + steps * 30_000 });

/** Waits until what follows comes within one step, whose end would make other codes good. */
const earlyInStep = () => eventually(() => expect(Date.now() % 30_000).toBeLessThan(20_000), 12_000);

describe('a second factor', () => {
  let agora: Agora;
  let ask: HttpClient;

  beforeAll(async () => {
    agora = await shareAgora(['auth']);
    ask = httpClient(agora.process('auth').url);
  });
  afterAll(() => agora.stop());

  const prepare = (person: Person, password = person.password) =>
    ask('POST', '/users/me/totp', { token: person.token, json: { current_password: password } });
  const enable = ({ token }: Person, code: unknown) =>
    ask('PUT', '/users/me/totp', { token, json: { code } });
  const remove = ({ token, password }: Person) =>
    ask('POST', '/users/me/totp/removal', { token, json: { current_password: password } });
  const logIn = ({ email, password }: Person, totp?: string) =>
    ask('POST', '/login', { form: { username: email, password, ...(totp !== undefined && { totp }) } });
  /** Somebody whose second factor is on; the code of the step before is used. */
  const protect = async () => {
    const person = await join(ask);
    const secret = String((await prepare(person)).body.secret);
    const on = await enable(person, codeOf(secret, -1));
    // The step may have ended on the way.
    const { body } = on.status === 403 ? await enable(person, codeOf(secret, -1)) : on;
    return { person, secret, recoveryCodes: body.recovery_codes as string[] };
  };

  it('is prepared with the password, and turned on with a code from its URI', async () => {
    const ann = await join(ask);
    const { status, body } = await prepare(ann);
    expect(status).toBe(201);
    const read = URI.parse(String(body.uri));
    expect(read).toMatchObject({ issuer: 'Agora', label: ann.email, secret: { base32: body.secret } });
    expect((await logIn(ann)).status).toBe(200);
    const on = await enable(ann, codeOf(String(body.secret)));
    expect([on.status, new Set(on.body.recovery_codes as string[]).size]).toEqual([200, 10]);
    expect((await ask('GET', '/users/me', { token: ann.token })).body).toMatchObject({ totp: true });
    await mailTo(ann.email, /^Your second factor is on/);
  });

  it('asks for a code only after the right password', async () => {
    const { person, secret } = await protect();
    const without = await logIn(person);
    expect([without.status, without.body.code]).toEqual([403, 'totp_required']);
    expect((await logIn(person, '')).body.code).toBe('totp_required');
    expect((await logIn({ ...person, password: 'not the password' })).body.code).toBe('invalid_credentials');
    expect((await logIn(person, codeOf(secret))).status).toBe(200);
  });

  it('accepts codes of the current and the previous step, each once', async () => {
    await earlyInStep();
    const { person, secret } = await protect();
    const code = codeOf(secret);
    const answers = await Promise.all([logIn(person, code), logIn(person, code)]);
    expect(statusesOf(answers)).toEqual([200, 403]);
    // The one of the step before was used to turn it on.
    for (const bad of [code, codeOf(secret, -1), codeOf(secret, -2), codeOf(secret, 1)]) {
      const { status, body } = await logIn(person, bad);
      expect([status, body.code]).toEqual([403, 'invalid_credentials']);
    }
  }, 30_000);

  it('accepts a code of the previous step after one of the current step', async () => {
    const ann = await join(ask);
    await earlyInStep();
    const secret = String((await prepare(ann)).body.secret);
    await enable(ann, codeOf(secret));
    expect((await logIn(ann, codeOf(secret, -1))).status).toBe(200);
  }, 30_000);

  it("accepts each recovery code once, and only its owner's", async () => {
    const { person, recoveryCodes } = await protect();
    const other = await protect();
    const [code = '', upper = ''] = recoveryCodes;
    expect((await logIn(other.person, code)).status).toBe(403);
    expect(statusesOf(await Promise.all([logIn(person, code), logIn(person, code)]))).toEqual([200, 403]);
    expect((await logIn(person, upper.toUpperCase())).status).toBe(200);
  });

  it('is not turned on with a wrong code, or before it is prepared', async () => {
    const ann = await join(ask);
    const early = await enable(ann, '123456');
    expect([early.status, early.body.code]).toEqual([403, 'invalid_code']);
    const secret = String((await prepare(ann)).body.secret);
    const other = String((await prepare(ann)).body.secret);
    expect((await enable(ann, codeOf(secret))).body.code).toBe('invalid_code');
    expect((await enable(ann, codeOf(other))).status).toBe(200);
    for (const code of [undefined, 7, '']) expect((await enable(ann, code)).status).toBe(422);
  });

  it('cannot be prepared or turned on again while it is on', async () => {
    const { person, secret } = await protect();
    for (const answer of [await prepare(person), await enable(person, codeOf(secret))])
      expect([answer.status, answer.body.code]).toEqual([409, 'totp_enabled']);
    expect((await prepare(person, 'not the password')).body.code).toBe('invalid_credentials');
  });

  it('is removed with the password, once', async () => {
    const { person, recoveryCodes } = await protect();
    const wrong = await remove({ ...person, password: 'not the password' });
    expect([wrong.status, wrong.body.code]).toEqual([403, 'invalid_credentials']);
    expect((await remove(person)).status).toBe(204);
    const again = await remove(person);
    expect([again.status, again.body.code]).toEqual([409, 'totp_disabled']);
    expect((await logIn(person)).status).toBe(200);
    expect((await logIn(person, recoveryCodes[0])).status).toBe(200);
    await mailTo(person.email, /^Your second factor is off/);
  });

  it('is required of a login that had checked the password before it was turned on', async () => {
    const ann = await join(ask);
    const secret = String((await prepare(ann)).body.secret);
    let login: Promise<Answer> | undefined;
    const turnOn = 'UPDATE auth.users SET totp_enabled_at = now() WHERE id = $1';
    await beforeCommit(turnOn, [ann.id], async () => {
      login = logIn(ann);
      await untilLocked('auth', 'last_session_number');
    });
    expect((await login)?.body.code).toBe('totp_required');
    expect((await logIn(ann, codeOf(secret))).status).toBe(200);
  });

  it('counts wrong codes as failed logins', async () => {
    const { person, secret } = await protect();
    for (let count = 0; count < 10; count += 1) {
      const { status } = await logIn(person, 'wrong');
      expect(status).toBe(403);
      // Without a code nothing is forgiven.
      if (count === 5) await logIn(person);
    }
    expect((await logIn(person, codeOf(secret))).status).toBe(429);
  });

  it('stays on when the password is reset', async () => {
    const { person } = await protect();
    await ask('POST', '/password-resets', { json: { email: person.email } });
    const token = tokenIn(await mailTo(person.email, /^Set a new password/), 'reset-password');
    const json = { token, new_password: 'battery staple' };
    expect((await ask('PUT', '/password-resets', { json })).status).toBe(204);
    expect((await logIn({ ...person, password: 'battery staple' })).body.code).toBe('totp_required');
  });

  it('is kept encrypted, and its recovery codes as hashes', async () => {
    const { person, secret, recoveryCodes } = await protect();
    const [row] = await query<{ all: string }>('SELECT users::text AS all FROM auth.users WHERE id = $1', [
      person.id,
    ]);
    const codes = await query<{ hash: Buffer }>('SELECT hash FROM auth.recovery_codes WHERE user_id = $1', [
      person.id,
    ]);
    expect(row?.all).not.toContain(secret);
    expect(codes.map(({ hash }) => hash.length)).toEqual(Array(10).fill(32));
    const log = agora.process('auth').log();
    for (const word of [secret, ...recoveryCodes]) expect(log).not.toContain(word);
  });
});
