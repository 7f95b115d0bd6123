import { request, type IncomingMessage } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, inflateSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { processes as names } from '@agora/local-stack';
import {
  expectDocumented,
  givenOrigin,
  httpClient,
  join,
  reachAgora,
  type HttpClient,
  type Person,
  type ReachedAgora,
} from '@agora/testing';
import fc from 'fast-check';
import { forged, postPlaceholders } from './hostile/json.js';
import { hostileRequest, type HostileRequest } from './hostile/requests.js';
import { itInside } from '../it-inside.js';
import { readPublicRoutes, type PublicRoute } from '../public-routes.js';

const longRun = process.env.HOSTILE_RUNS;
const runs = Number(longRun ?? 500);
/** A run of the length that was asked for may take as long as it takes. */
const millisecondsAtMost = longRun ? runs * 200 : 20_000;

let agora: ReachedAgora;
let ask: HttpClient;
let routes: PublicRoute[];
let victim: Person & { postId: number };
let attacker: Person & { postId: number };

beforeAll(async () => {
  agora = await reachAgora(names, { algorithm: 'ES256', isShared: true });
  ask = httpClient(agora.origin);
  routes = await readPublicRoutes(ask);
  victim = await joinWithPost();
  attacker = await joinWithPost();
}, 120_000);
afterAll(() => agora.stop());

it(
  'answers whatever is sent with what the contract says, and stays up',
  async () => {
    const sendAndJudge = fc.asyncProperty(hostileRequest(routes), async (hostile) => {
      const answer = await sendAgain(hostile);
      expectContract(answer, hostile);
      if (answer.status < 300) await renewAttacker(hostile);
    });
    await fc.assert(sendAndJudge, { numRuns: runs, interruptAfterTimeLimit: millisecondsAtMost });

    const { body } = await ask('GET', `/posts/${victim.postId}`, { token: victim.token });
    expect(body).toMatchObject({ title: 'mine', content: 'mine', owner_id: victim.id });
  },
  millisecondsAtMost + 30_000,
);

itInside('makes no process exit or log an error', () => {
  const toldErrors = names.flatMap(
    (name) =>
      agora
        .process(name)
        .log()
        .match(/.*"level":"(?:error|fatal)".*/g) ?? [],
  );
  expect(names.filter((name) => !agora.process(name).isRunning())).toEqual([]);
  expect(toldErrors).toEqual([]);
});

async function joinWithPost(): Promise<Person & { postId: number }> {
  const person = await join(ask);
  const { body } = await ask('POST', '/posts', {
    token: person.token,
    json: { title: 'mine', content: 'mine' },
  });
  return { ...person, postId: Number(body.id) };
}

/** What succeeded may have ended the attacker's account, session or post. */
async function renewAttacker({ method, path }: HostileRequest): Promise<void> {
  if (/^\/(?:users\/me|sessions|logout)/.test(path) && method !== 'GET' && method !== 'HEAD')
    attacker = await joinWithPost();
  else if (method === 'DELETE') attacker = { ...attacker, postId: (await joinWithPost()).postId };
}

interface RawAnswer {
  status: number;
  headers: NodeJS.Dict<string | string[]>;
  content: Buffer;
  milliseconds: number;
}

/** Proxies between us and an Agora elsewhere may break a connection on whose rest the gateway waits no longer. */
async function sendAgain(hostile: HostileRequest): Promise<RawAnswer> {
  const attempts = givenOrigin === undefined ? 1 : 5;
  for (let attempt = 1; ; attempt += 1)
    try {
      return await send(hostile);
    } catch (error) {
      if (attempt === attempts) throw error;
      await delay(attempt * 300);
    }
}

/** Sends a request as it is; an ordinary client would put its path in order first. */
function send({ method, path, headers, body, chunked, authenticated }: HostileRequest): Promise<RawAnswer> {
  const fill = (text: string) =>
    text
      .replaceAll(postPlaceholders.own, String(attacker.postId))
      .replaceAll(postPlaceholders.foreign, String(victim.postId));
  const content = bodyless.has(method) ? new Uint8Array() : fillBytes(body, fill);
  const started = performance.now();
  return new Promise((resolve, reject) => {
    const outgoing = request(agora.origin, {
      method,
      path: fill(path),
      headers: {
        ...headers,
        ...(authenticated && { authorization: `Bearer ${attacker.token}` }),
        ...(content.length > 0 && !chunked && { 'content-length': String(content.length) }),
      },
    });
    outgoing.on('response', (response) => {
      const chunks: Buffer[] = [];
      const answer = () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          content: Buffer.concat(chunks),
          milliseconds: performance.now() - started,
        });
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', answer);
      if (!isStream(response)) return;
      answer();
      outgoing.destroy();
    });
    outgoing.on('error', reject);
    outgoing.end(content);
  });
}

/** A made-up `Accept-Encoding` may ask for any of these. */
const decoders = { br: brotliDecompressSync, gzip: gunzipSync, deflate: inflateSync };

function textOf({ content, headers }: RawAnswer): string {
  const encoding = headers['content-encoding'];
  if (encoding === undefined || content.length === 0) return content.toString();
  expect(Object.keys(decoders)).toContain(encoding);
  return decoders[encoding as keyof typeof decoders](content).toString();
}

/** It would go on and on: its headers are all that there is to judge. */
const isStream = ({ headers }: IncomingMessage): boolean => headers['content-type'] === 'text/event-stream';

/** A body of these is refused before anything else is looked at; other tests do that. */
const bodyless = new Set(['GET', 'HEAD', 'DELETE', 'OPTIONS', 'TRACE']);

function fillBytes(body: Uint8Array, fill: (text: string) => string): Uint8Array {
  const text = Buffer.from(body).toString('latin1');
  return text.includes('{') ? Buffer.from(fill(text), 'latin1') : body;
}

function expectContract(answer: RawAnswer, { method, path }: HostileRequest): void {
  const { status, headers, milliseconds } = answer;
  const text = textOf(answer);
  expect(milliseconds).toBeLessThan(2_000);
  expectSecurityHeaders(headers);
  const overloaded = status === 503 && text.includes('"overloaded"');
  expect(overloaded ? 200 : status).toBeLessThan(500);
  expectDocumented({ method, path, status, headers: new Headers(flatten(headers)), text });
  if (method === 'HEAD') return;
  if (status >= 400) expectProblem(answer, text, path);
  else if (text.startsWith('{')) expectNothingForged(JSON.parse(text), method);
}

const flatten = (headers: RawAnswer['headers']): Record<string, string> =>
  Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));

function expectSecurityHeaders(headers: RawAnswer['headers']): void {
  expect(headers).toMatchObject({
    'x-content-type-options': 'nosniff',
    'x-frame-options': 'DENY',
    'referrer-policy': 'no-referrer',
    'cache-control': expect.any(String),
    'content-security-policy': expect.stringMatching(/default-src 'none'.*frame-ancestors 'none'/),
    'x-request-id': expect.stringMatching(/^[A-Za-z0-9._-]{8,64}$/),
  });
  expect(Object.keys(headers)).not.toEqual(
    expect.arrayContaining([expect.stringMatching(/^(?:server|x-powered-by|x-injected)$/)]),
  );
}

/** Words that only who looks inside can know: libraries, SQL, tables, files and hosts. */
const internals =
  /sequelize|postgres|\bpg\b|joi\b|koa|jsonwebtoken|nats|node_modules|\.[jt]s\b|\bat \/|\/(?:src|dist|home|usr|tmp)\/|select |insert |update |relation|constraint|syntax|unexpected|outbox|known_posts|refresh_tokens|127\.0\.0\.1|localhost|ECONN|:\d{4,5}\b/i;

/** OAuth 2.0 clients find their own members in what `/login` and `/refresh` refuse (RFC 6749, 5.2). */
const oauthMembers = { error: expect.stringMatching(/^[a-z_]+$/), error_description: expect.any(String) };

function expectProblem({ status, headers }: RawAnswer, text: string, path: string): void {
  expect(headers['content-type']).toMatch(/^application\/problem\+json/);
  const problem = JSON.parse(text) as Record<string, unknown>;
  const { errors, ...rest } = problem;
  expect(rest).toEqual({
    type: 'about:blank',
    title: expect.any(String),
    status,
    detail: expect.stringMatching(/^[A-Z].*\.?$/),
    code: expect.stringMatching(/^[a-z_]+$/),
    request_id: headers['idempotency-replayed'] ? expect.any(String) : headers['x-request-id'],
    ...(/^\/(?:login|refresh)\/?(?:\?|$)/.test(path) && oauthMembers),
  });
  expect(Array.isArray(errors)).toBe(status === 422);
  const fieldError = { field: expect.any(String), message: expect.any(String) };
  for (const each of (errors ?? []) as unknown[]) expect(each).toEqual(fieldError);
  expect(JSON.stringify({ ...problem, request_id: '' })).not.toMatch(internals);
}

const accountFields = ['created_at', 'email', 'email_verified', 'id', 'name', 'role', 'totp'];

/** What is shown of a user or a post has the ids, the owner and the count that the server gave it. */
function expectNothingForged(shown: Record<string, unknown>, method: string): void {
  if ('id' in shown) expect(shown.id).toBeLessThan(forged.id);
  // An export lists votes, where a post counts them.
  if ('votes' in shown && !('account' in shown)) expect(shown.votes).toBeLessThan(forged.votes);
  if ('created_at' in shown) expect(shown.created_at).not.toMatch(new RegExp(`^${forged.year}`));
  // Other tests' posts may be read, but what is written belongs to one of the two who ask here.
  const owners = method === 'GET' ? [shown.owner_id] : [attacker.id, victim.id];
  if ('owner_id' in shown) expect(owners).toContain(shown.owner_id);
  expect(shown.owner_id).not.toBe(forged.id);
  if ('email' in shown) expect(Object.keys(shown).toSorted()).toEqual(accountFields);
}
