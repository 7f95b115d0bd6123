import { afterAll, beforeAll, expect, it } from '@jest/globals';
import {
  freshId,
  httpClient,
  startAgora,
  stubService,
  tokenFor,
  type Agora,
  type HttpClient,
  type StubService,
} from '@agora/testing';

let agora: Agora;
let auth: StubService;
let ask: HttpClient;
let askVotes: HttpClient;
let asked = 0;
const confirmed = new Set<number>();

beforeAll(async () => {
  agora = await startAgora(['posts', 'votes'], { environment: { REQUIRE_CONFIRMED_EMAIL: 'true' } });
  auth = await stubService(agora.ports.auth.internalPort, (path) => {
    const [, id, part] = /^\/internal\/users\/(\d+)(\/confirmation)?$/.exec(path) ?? [];
    if (part) asked += 1;
    if (part) return { email_verified: confirmed.has(Number(id)) };
    return id && { id: Number(id), name: `user_${id}`, version: 1, created_at: '2026-01-02T03:04:05.678Z' };
  });
  ask = httpClient(agora.process('posts').url);
  askVotes = httpClient(agora.process('votes').url);
});
afterAll(() => Promise.all([auth.stop(), agora.stop()]));

it('refuses posts and votes until the address is confirmed, which takes effect at once, and lets everybody read', async () => {
  const id = freshId();
  const token = tokenFor(id, { email_verified: false });
  const json = { title: 'T', content: 'C' };
  const post = (body: object = json) => ask('POST', '/posts', { token, json: body });
  for (const answer of [
    await post(),
    await post({}),
    await ask('PUT', '/posts/1', { token, json }),
    await ask('PATCH', '/posts/1', { token, json: {} }),
    await askVotes('POST', '/vote', { token, json: { post_id: 1, dir: 1 } }),
  ])
    expect([answer.status, answer.body.code]).toEqual([403, 'email_not_confirmed']);
  expect((await ask('GET', '/feed', { token })).status).toBe(200);
  expect((await askVotes('GET', '/vote?post_ids=1', { token })).status).toBe(200);
  confirmed.add(id);
  const written = await post();
  expect(written.status).toBe(201);
  expect(
    (await askVotes('POST', '/vote', { token, json: { post_id: written.body.id, dir: 1 } })).status,
  ).toBe(201);
  const before = asked;
  expect((await post()).status).toBe(201);
  expect(asked).toBe(before);
});

it('asks no other service when the token says that the address is confirmed', async () => {
  const before = asked;
  const token = tokenFor(freshId(), { email_verified: true });
  expect((await ask('POST', '/posts', { token, json: { title: 'T', content: 'C' } })).status).toBe(201);
  expect(asked).toBe(before);
});
