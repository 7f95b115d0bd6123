import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  currentStack,
  eventually,
  httpClient,
  join,
  openFaultProxy,
  startAgora,
  type Agora,
  type FaultProxy,
  type HttpClient,
  type Person,
} from '@agora/testing';

const names = ['auth', 'posts', 'votes', 'gateway'] as const;
const text = { title: 'A title', content: 'Some content' };

let agora: Agora;
let ask: HttpClient;
/** The ways of all processes to the servers. */
let toNats: FaultProxy;
let toPostgres: FaultProxy;

beforeAll(async () => {
  const { nats, postgres } = currentStack();
  toNats = await openFaultProxy(Number(new URL(nats.url).port));
  toPostgres = await openFaultProxy(postgres.port);
  const environment = {
    NATS_URL: `nats://127.0.0.1:${toNats.port}`,
    DATABASE_PORT: String(toPostgres.port),
  };
  agora = await startAgora(names, { algorithm: 'ES256', environment });
  ask = httpClient(agora.process('gateway').url);
}, 120_000);
afterAll(async () => {
  await agora.stop();
  await Promise.all([toNats.stop(), toPostgres.stop()]);
});

const publish = ({ token }: Person) => ask('POST', '/posts', { token, json: text });
const vote = ({ token }: Person, postId: number) =>
  ask('POST', '/vote', { token, json: { post_id: postId, dir: 1 } });
const votesOf = async ({ token }: Person, postId: number) =>
  (await ask('GET', `/posts/${postId}`, { token })).body.votes;

describe('while posts is down', () => {
  it('accepts votes for known posts, and counts them when posts is back', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    const id = Number((await publish(ann)).body.id);
    await vote(ann, id);
    await agora.process('posts').end('SIGKILL');
    expect((await vote(bob, id)).status).toBe(201);
    const unreachable = await ask('GET', `/posts/${id}`, { token: ann.token });
    expect([unreachable.status, unreachable.headers.get('retry-after')]).toEqual([503, expect.any(String)]);
    expect(JSON.stringify(unreachable.body)).not.toMatch(/127\.0\.0\.1|ECONN|localhost/);
    await agora.process('posts').restart();
    // The killed process may hold a delivery that the broker waits for, 10 s long.
    await eventually(async () => expect(await votesOf(ann, id)).toBe(2), 15_000);
  });
});

describe('while votes is down', () => {
  it('reads and writes posts', async () => {
    const ann = await join(ask);
    await agora.process('votes').end('SIGKILL');
    const { status, body } = await publish(ann);
    expect(status).toBe(201);
    expect((await ask('GET', `/posts/${String(body.id)}`, { token: ann.token })).status).toBe(200);
    expect((await vote(ann, Number(body.id))).status).toBe(503);
    await agora.process('votes').restart();
    expect((await vote(ann, Number(body.id))).status).toBe(201);
  });
});

describe('while auth is down', () => {
  it('keeps serving users who are logged in and have posted', async () => {
    const ann = await join(ask);
    const id = Number((await publish(ann)).body.id);
    await agora.process('auth').end('SIGKILL');
    expect((await publish(ann)).status).toBe(201);
    expect((await vote(ann, id)).status).toBe(201);
    expect(
      (await ask('POST', '/login', { form: { username: ann.email, password: ann.password } })).status,
    ).toBe(503);
    await agora.process('auth').restart();
    expect(
      (await ask('POST', '/login', { form: { username: ann.email, password: ann.password } })).status,
    ).toBe(200);
  });
});

describe('while NATS is away', () => {
  it('reads, writes and votes, and counts when NATS is back', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    toNats.refuse();
    try {
      const published = await publish(ann);
      expect(published.status).toBe(201);
      const id = Number(published.body.id);
      expect((await vote(bob, id)).status).toBe(201);
      expect(await votesOf(bob, id)).toBe(0);
      toNats.heal();
      await eventually(async () => expect(await votesOf(ann, id)).toBe(1), 15_000);
    } finally {
      toNats.heal();
    }
  });
});

describe('while PostgreSQL is away', () => {
  it('answers 503 with Retry-After, keeps running, and serves when PostgreSQL is back', async () => {
    const ann = await join(ask);
    const id = Number((await publish(ann)).body.id);
    toPostgres.refuse();
    try {
      const answers = [
        await ask('GET', `/posts/${id}`, { token: ann.token }),
        await publish(ann),
        await vote(ann, id),
        await ask('POST', '/login', { form: { username: ann.email, password: ann.password } }),
      ];
      for (const { status, headers, body } of answers) {
        expect([status, headers.get('retry-after'), body.status]).toEqual([503, expect.any(String), 503]);
        expect(JSON.stringify(body)).not.toMatch(/127\.0\.0\.1|ECONN|postgres/i);
      }
      expect((await ask('GET', '/health')).status).toBe(200);
      for (const name of ['auth', 'posts', 'votes'] as const) {
        const at = httpClient(agora.process(name).internalUrl);
        expect((await at('GET', '/healthz')).status).toBe(200);
        await eventually(async () => expect((await at('GET', '/readyz')).status).toBe(503));
      }
    } finally {
      toPostgres.heal();
    }
    await eventually(async () => expect((await vote(ann, id)).status).toBe(201));
  });
});

describe('SIGTERM', () => {
  it('lets a request in flight finish', async () => {
    const ann = await join(ask);
    const body = new URLSearchParams({ username: ann.email, password: ann.password }).toString();
    const gateway = agora.process('gateway');
    const socket = connect(Number(new URL(gateway.url).port), '127.0.0.1');
    let received = '';
    socket.on('data', (chunk) => (received += chunk.toString()));
    socket.write(
      `POST /login HTTP/1.1\r\nHost: agora.test\r\nContent-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\nContent-Length: ${body.length}\r\n\r\n`,
    );
    await eventually(() => expect(received).toContain('100 Continue'));
    const stopping = gateway.end('SIGTERM');
    await eventually(() => expect(gateway.log()).toMatch(/"stopping"(?!.*"started")/s));
    socket.write(body);
    expect(await stopping).toBe(0);
    expect(received).toMatch(/HTTP\/1\.1 200 OK[^]*access_token/);
    socket.destroy();
    await gateway.restart();
  });

  it.each(names)('ends %s in order and with success', async (name) => {
    expect(await agora.process(name).end('SIGTERM')).toBe(0);
    expect(agora.process(name).log()).toContain('"msg":"stopped"');
  });
});
