import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { httpClient, join, startAgora, type Agora, type HttpClient } from '@agora/testing';

let agora: Agora;
let ask: HttpClient;

beforeAll(async () => {
  agora = await startAgora(['auth'], { environment: { PUBLIC_READS: 'true' } });
  ask = httpClient(agora.process('auth').url);
});
afterAll(() => agora.stop());

it('with PUBLIC_READS shows a user without a token, still verifies a token that is sent, and shows nothing else', async () => {
  const { id, token } = await join(ask);
  expect((await ask('GET', `/users/${id}`)).status).toBe(200);
  expect((await ask('GET', `/users/${id}`, { token })).status).toBe(200);
  expect((await ask('GET', `/users/${id}`, { token: 'nonsense' })).status).toBe(401);
  for (const path of ['/users/me', '/sessions', '/users']) expect((await ask('GET', path)).status).toBe(401);
});
