import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  httpClient,
  join,
  mailTo,
  query,
  startAgora,
  tokenIn,
  type Agora,
  type Answer,
  type HttpClient,
  type Person,
} from '@agora/testing';
import jwt from 'jsonwebtoken';

const legacySecret = 'c0b55f0ba7b8b1a7a1f0c4e2d9e8f7a6b5c4d3e2f1a0b9c8';

let agora: Agora;
let ask: HttpClient;

beforeAll(async () => {
  const environment = {
    LEGACY_SECRET_KEY: legacySecret,
    LEGACY_TOKENS_UNTIL: new Date(Date.now() + 86_400_000).toISOString(),
    LOGIN_FAILURES_PER_ACCOUNT: '5/900',
  };
  agora = await startAgora(['auth'], { environment });
  ask = httpClient(agora.process('auth').url);
});
afterAll(() => agora.stop());

const logIn = ({ email, password }: Person) => ask('POST', '/login', { form: { username: email, password } });
const change = (token: string, current: string, next: string = randomUUID()) =>
  ask('PUT', '/users/me/password', { token, json: { current_password: current, new_password: next } });
const statusOf = async (token: string) => (await ask('GET', '/users/me', { token })).status;
const refresh = (token: unknown) => ask('POST', '/refresh', { json: { refresh_token: token } });
const after = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** Accepted, refused, or asked to retry because too many passwords are being hashed. */
const expected = new Set([200, 403, 503]);
const patiently = async (attempt: () => Promise<Answer>): Promise<Answer> => {
  const answer = await attempt();
  return answer.status === 503 ? patiently(attempt) : answer;
};

/** Logs in at several moments around an act and returns the outcome of each login. */
async function logInAround(person: Person, act: () => Promise<unknown>) {
  const moments = Array.from({ length: 5 }, (_, index) => index * 30);
  const logins = moments.map(async (moment) => {
    await after(moment);
    return logIn(person);
  });
  await after(70);
  await act();
  return Promise.all(logins);
}

/** That every login has succeeded or was refused, and that no session of theirs is left. */
async function expectNoneLeft(logins: readonly Answer[]): Promise<void> {
  expect(logins.map(({ status }) => status).filter((status) => !expected.has(status))).toEqual([]);
  for (const { body } of logins.filter(({ status }) => status === 200)) {
    expect(await statusOf(String(body.access_token))).toBe(401);
    expect((await refresh(body.refresh_token)).status).toBe(401);
  }
}

describe('logins with a password that is being changed', () => {
  it.each(Array.from({ length: 10 }, (_, index) => index + 1))('leave no session, round %i', async () => {
    const ann = await join(ask);
    const logins = await logInAround(ann, async () => {
      expect((await patiently(() => change(ann.token, ann.password))).status).toBe(204);
    });
    const sessions = await ask('GET', '/sessions', { token: ann.token });
    expect(sessions.body).toHaveLength(1);
    await expectNoneLeft(logins);
  });

  it.each([1, 2])('leave no session when it is changed by a reset, round %i', async () => {
    const ann = await join(ask);
    await ask('POST', '/password-resets', { json: { email: ann.email } });
    const token = tokenIn(await mailTo(ann.email, /password/i), 'reset-password');
    const json = { token, new_password: randomUUID() };
    const reset = () => ask('PUT', '/password-resets', { json });
    const logins = await logInAround(ann, async () => expect((await patiently(reset)).status).toBe(204));
    await expectNoneLeft([...logins, await logIn(ann)]);
    expect(await statusOf(ann.token)).toBe(401);
  });
});

describe('logins of an account that is being banned', () => {
  it.each([1, 2])('leave no session, round %i', async () => {
    const [ann, admin] = [await join(ask), await join(ask)];
    await query(`UPDATE auth.users SET role = 'admin' WHERE id = $1`, [admin.id]);
    const token = String((await patiently(() => logIn(admin))).body.access_token);
    const ban = { token, json: { reason: 'Spam.' } };
    const logins = await logInAround(ann, async () => {
      expect((await ask('PUT', `/users/${ann.id}/ban`, ban)).status).toBe(204);
    });
    await expectNoneLeft([...logins, await logIn(ann)]);
  });
});

describe('logins of an account that is being deleted', () => {
  it.each([1, 2])('succeed or are refused, and leave nothing, round %i', async () => {
    const ann = await join(ask);
    const logins = await logInAround(ann, async () => {
      expect((await ask('DELETE', '/users/me', { token: ann.token })).status).toBe(204);
    });
    expect(logins.map(({ status }) => status).filter((status) => !expected.has(status))).toEqual([]);
    expect(await query('SELECT 1 FROM auth.sessions WHERE user_id = $1', [ann.id])).toEqual([]);
  });
});

describe('PUT /users/me/password', () => {
  const legacyToken = (userId: number) =>
    jwt.sign({ user_id: userId }, legacySecret, { algorithm: 'HS256', expiresIn: 3_600, noTimestamp: true });

  it('ends the tokens of the replaced application when called with a token of Agora', async () => {
    const ann = await join(ask);
    const old = legacyToken(ann.id);
    expect(await statusOf(old)).toBe(200);
    expect((await change(ann.token, ann.password)).status).toBe(204);
    expect([await statusOf(old), await statusOf(ann.token)]).toEqual([401, 200]);
  });

  it("ends them all, including the caller's, when called with one of them", async () => {
    const ann = await join(ask);
    const [own, stolen] = [
      legacyToken(ann.id),
      jwt.sign({ user_id: ann.id }, legacySecret, { expiresIn: 1_800, noTimestamp: true }),
    ];
    expect(await statusOf(stolen)).toBe(200);
    expect((await change(own, ann.password)).status).toBe(204);
    expect([await statusOf(own), await statusOf(stolen), await statusOf(ann.token)]).toEqual([401, 401, 401]);
  });

  it('does not reveal that the last of a burst of guesses was right', async () => {
    const ann = await join(ask);
    const guesses = [...Array<string>(10).fill('wrong password'), ann.password];
    const answers = await Promise.all(guesses.map((guess) => change(ann.token, guess)));
    // On a busy machine some wait too long for their turn to be hashed (503), which reveals nothing either.
    expect([429, 503]).toContain(answers.at(-1)?.status);
    const told = answers.filter(({ status }) => status === 403).length;
    const overloaded = answers.filter(({ status }) => status === 503).length;
    expect(told).toBeLessThanOrEqual(5);
    expect(told + overloaded).toBeGreaterThanOrEqual(5);
  });

  it("keeps the caller's session, through further changes and refreshes", async () => {
    const ann = await join(ask);
    expect((await change(ann.token, ann.password, 'the second password')).status).toBe(204);
    expect((await change(ann.token, 'the second password', 'the third password')).status).toBe(204);
    const { status, body } = await refresh(ann.refreshToken);
    expect([status, await statusOf(String(body.access_token))]).toEqual([200, 200]);
    expect((await ask('DELETE', '/sessions', { token: ann.token })).status).toBe(204);
    expect([await statusOf(ann.token), await statusOf(String(body.access_token))]).toEqual([401, 401]);
  });
});
