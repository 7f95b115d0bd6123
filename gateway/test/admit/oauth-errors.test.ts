import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { ask } from '../ask.js';
import { deadOrigin } from '../start-upstream.js';
import { startGatewayTo, type RunningGateway } from '../start-gateway.js';

let gateway: RunningGateway;
const form = { 'content-type': 'application/x-www-form-urlencoded' };

beforeAll(async () => {
  gateway = await startGatewayTo(await deadOrigin(), { rates: { refresh: { limit: 2, seconds: 60 } } });
});
afterAll(() => gateway.stop());

const refusal = async (method: string, path: string, headers = {}) => {
  const answer = await ask(gateway.port, method, path, { headers, body: method === 'GET' ? '' : 'a=1' });
  const { error, error_description: description, detail, code } = answer.json();
  expect(description).toBe(error === undefined ? undefined : detail);
  return [answer.status, code, error];
};

it('answers a bad token request with the error members of OAuth 2.0', async () => {
  const json = { 'content-type': 'text/plain' };
  expect(await refusal('POST', '/login', json)).toEqual([415, 'unsupported_media_type', 'invalid_request']);
  expect(await refusal('POST', '/login/', json)).toEqual([415, 'unsupported_media_type', 'invalid_request']);
  expect(await refusal('GET', '/login')).toEqual([405, 'method_not_allowed', 'invalid_request']);
});

it('answers temporarily_unavailable while auth is away', async () => {
  expect(await refusal('POST', '/login', form)).toEqual([
    503,
    'service_unavailable',
    'temporarily_unavailable',
  ]);
  for (const status of [503, 503, 429])
    expect(await refusal('POST', '/refresh', form)).toEqual([
      status,
      expect.any(String),
      'temporarily_unavailable',
    ]);
});

it('adds nothing to other problems', async () => {
  expect(await refusal('GET', '/posts')).toEqual([401, 'token_missing', undefined]);
});
