import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  startAgora,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

const names = ['auth', 'posts', 'votes', 'gateway'] as const;
const text = { title: 'A title', content: 'Some content' };

let agora: Agora;
let ask: HttpClient;
let ann: Person;
let bob: Person;
/** All that must be in no log line. */
const secrets: string[] = [];

beforeAll(async () => {
  agora = await startAgora(names, { algorithm: 'ES256', environment: { LOG_LEVEL: 'trace' } });
  ask = httpClient(agora.process('gateway').url);
  [ann, bob] = await Promise.all([join(ask), join(ask)]);
  for (const { email, password, token, refreshToken } of [ann, bob])
    secrets.push(email, password, token, refreshToken);
  await failToRegisterAndLogIn();
  await failToShowToken();
  await failToTouchWhatIsAnothers();
  await useRefreshTokenTwice();
  await changePassword();
  await meetServicesThatAreAway();
  await ask('DELETE', '/users/me', { token: ann.token });
}, 120_000);
afterAll(() => agora.stop());

const secret = (value: string = randomUUID()): string => {
  secrets.push(value);
  return value;
};

async function failToRegisterAndLogIn(): Promise<void> {
  const password = secret();
  const json = (raw: string, type = 'application/json') => ({ raw, headers: { 'Content-Type': type } });
  await ask('POST', '/users', { json: { email: ann.email, password } });
  await ask('POST', '/users', { json: { email: secret('no.address.of-mine'), password: secret('q7-Zk2') } });
  await ask('POST', '/users', json(`{"email":"${ann.email}","password":"${password}"`));
  await ask('POST', '/users', json(`{"email":"${ann.email}","password":"${password}"}`, 'text/plain'));
  await ask('POST', '/login', { form: { username: ann.email, password } });
  await ask('POST', '/login', { form: { username: ann.email, password: secret('x'.repeat(80)) } });
  await ask(
    'POST',
    '/login',
    json(`username=${ann.email}&username=a&password=${password}`, 'application/x-www-form-urlencoded'),
  );
  await ask('POST', `/login?username=${ann.email}&password=${password}`);
}

async function failToShowToken(): Promise<void> {
  await ask('GET', '/posts', { token: secret(`${ann.token.slice(0, -4)}AAAA`) });
  await ask('GET', `/posts?access_token=${ann.token}`, { headers: { Cookie: `token=${ann.token}` } });
  await ask('GET', `/users/${ann.token}`, { token: ann.token });
  await ask('GET', `/users/${ann.email}`, { token: ann.token });
  await ask('GET', `/${ann.refreshToken}`);
}

async function failToTouchWhatIsAnothers(): Promise<void> {
  const { body } = await ask('POST', '/posts', { token: ann.token, json: text });
  await ask('PUT', `/posts/${String(body.id)}`, { token: bob.token, json: text });
  await ask('POST', '/vote', { token: bob.token, json: { post_id: body.id, dir: 1 } });
}

async function useRefreshTokenTwice(): Promise<void> {
  const refresh = () => ask('POST', '/refresh', { form: { refresh_token: bob.refreshToken } });
  const { body } = await refresh();
  secret(String(body.access_token));
  secret(String(body.refresh_token));
  await refresh();
  await ask('POST', '/refresh', { form: { refresh_token: ann.token } });
}

async function changePassword(): Promise<void> {
  const change = (current: string) =>
    ask('PUT', '/users/me/password', {
      token: ann.token,
      json: { current_password: current, new_password: secret() },
    });
  await change(secret());
  await change(ann.password);
}

async function meetServicesThatAreAway(): Promise<void> {
  await agora.process('posts').end('SIGKILL');
  await ask('POST', '/posts', { token: ann.token, json: text });
  await ask('POST', '/vote', { token: ann.token, json: { post_id: 2_147_483_647, dir: 1 } });
  await agora.process('posts').restart();
}

const lines = () =>
  names.flatMap((name) =>
    agora
      .process(name)
      .log()
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>),
  );

describe('the logs of all processes', () => {
  it('are JSON, line by line, each with its service, level and time', () => {
    const line = { service: expect.any(String), level: expect.any(String), time: expect.any(String) };
    for (const each of lines()) expect(each).toMatchObject(line);
  });

  it('hold no password, token or e-mail address', () => {
    const all = names.map((name) => agora.process(name).log()).join('\n');
    expect(secrets.filter((each) => all.includes(each))).toEqual([]);
    expect(all).not.toMatch(/eyJ[\w-]{8}|@example\.test/);
  });

  it('report no refused request to NATS', () => {
    expect(lines().filter((line) => /permission/i.test(JSON.stringify(line)))).toEqual([]);
  });

  it.each([
    ['user_registered', () => ({ service: 'auth', user_id: ann.id })],
    ['access_refused', () => ({ service: 'posts', user_id: bob.id, code: 'not_owner' })],
    ['token_refused', () => ({ service: 'gateway', code: 'invalid_token' })],
    ['refresh_token_reused', () => ({ service: 'auth', user_id: bob.id, session_id: expect.any(String) })],
    ['session_ended', () => ({ service: 'auth', user_id: bob.id, session_id: expect.any(String) })],
    ['password_change_refused', () => ({ service: 'auth', user_id: ann.id })],
    ['password_changed', () => ({ service: 'auth', user_id: ann.id })],
    ['user_deleted', () => ({ service: 'auth', user_id: ann.id })],
  ])('record the act %s', async (event, fields) => {
    const line = { event, request_id: expect.any(String), ...fields() };
    await eventually(() => expect(lines()).toContainEqual(expect.objectContaining(line)), 2_000);
  });
});
