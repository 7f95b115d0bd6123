import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { request as startRequest, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { processes } from '@agora/local-stack';
import {
  eventually,
  httpClient,
  join,
  reachAgora,
  tokenFor,
  type Answer,
  type HttpClient,
  type Person,
  type ReachedAgora,
} from '@agora/testing';
import { itInside } from '../it-inside.js';
import { readPublicRoutes } from '../public-routes.js';

/**
 * Who gets what, and whose it is. The columns are the actors: – without a token, X with a bad or an expired one, D with that of
 * a deleted user, B another user, A the owner. Every row that changes something has a post and a draft of each of its own, and its own A and B if it changes
 * their accounts; a row is asked from left to right.
 */
const matrix = `
  | request                          | body               | –                         | X / D                     | B                         | A                         |
  | -------------------------------- | ------------------ | ------------------------- | ------------------------- | ------------------------- | ------------------------- |
  | POST /users                      | a new account      | 201                       | 201                       | 201                       | 201                       |
  | GET /users/me                    |                    | 401                       | 401                       | 200 B                     | 200 A                     |
  | PATCH /users/me                  | a new name         | 401                       | 401                       | 200 B                     | 200 A                     |
  | PUT /users/me/email              | a new address      | 401                       | 401                       | 202                       | 202                       |
  | POST /users/me/email/confirmation |                   | 401                       | 401                       | 202                       | 202                       |
  | POST /email-confirmations        | a made-up token    | 403                       | 403                       | 403                       | 403                       |
  | POST /password-resets            | any address        | 202                       | 202                       | 202                       | 202                       |
  | PUT /password-resets             | a made-up token    | 403                       | 403                       | 403                       | 403                       |
  | POST /users/me/totp              | own password alone | 401                       | 401                       | 201                       | 201                       |
  | PUT /users/me/totp               | a made-up code     | 401                       | 401                       | 403                       | 403                       |
  | POST /users/me/totp/removal      | own password alone | 401                       | 401                       | 409                       | 409                       |
  | GET /users/{A}                   |                    | 401                       | 401                       | 200 A                     | 200 A                     |
  | DELETE /users/me                 |                    | 401                       | 401                       | 204                       | 204                       |
  | POST /login                      | credentials of A   | 200                       | 200                       | 200                       | 200                       |
  | POST /login                      | wrong credentials  | 403                       | 403                       | 403                       | 403                       |
  | GET /.well-known/jwks.json       |                    | 200                       | 200                       | 200                       | 200                       |
  | GET /.well-known/oauth-authorization-server | |    200                       | 200                       | 200                       | 200                       |
  | POST /refresh                    | refresh token of A | 200                       | 200                       | 200                       | 200                       |
  | POST /refresh                    | refresh token of D | 401 invalid_refresh_token | 401 invalid_refresh_token | 401 invalid_refresh_token | 401 invalid_refresh_token |
  | POST /login                      | credentials of D   | 403                       | 403                       | 403                       | 403                       |
  | POST /logout                     |                    | 401                       | 401                       | 204                       | 204                       |
  | GET /sessions                    |                    | 401                       | 401                       | 200 session of B          | 200 session of A          |
  | DELETE /sessions/{session of A}  |                    | 401                       | 401                       | 404                       | 204                       |
  | DELETE /sessions                 |                    | 401                       | 401                       | 204                       | 204                       |
  | PUT /users/me/password           | own password       | 401                       | 401                       | 204                       | 204                       |
  | POST /posts                      | a post             | 401                       | 401                       | 201 post of B             | 201 post of A             |
  | GET /posts                       |                    | 401                       | 401                       | 200 draft, post of B      | 200 draft, post of A      |
  | GET /posts/{post of A}           |                    | 401                       | 401                       | 200 post of A             | 200 post of A             |
  | HEAD /posts/{post of A}          |                    | 401                       | 401                       | 200                       | 200                       |
  | PUT /posts/{post of A}           | a post             | 401                       | 401                       | 403                       | 200 post of A             |
  | PATCH /posts/{post of A}         | a post             | 401                       | 401                       | 403                       | 200 post of A             |
  | DELETE /posts/{post of A}        |                    | 401                       | 401                       | 403                       | 204                       |
  | GET /posts/{draft of A}          |                    | 401                       | 401                       | 404                       | 200 draft of A            |
  | HEAD /posts/{draft of A}         |                    | 401                       | 401                       | 404                       | 200                       |
  | PUT /posts/{draft of A}          | a post             | 401                       | 401                       | 404                       | 200 post of A             |
  | PATCH /posts/{draft of A}        | a post             | 401                       | 401                       | 404                       | 200 post of A             |
  | DELETE /posts/{draft of A}       |                    | 401                       | 401                       | 404                       | 204                       |
  | GET /feed?owner_id={A}           |                    | 401                       | 401                       | 200 post of A             | 200 post of A             |
  | HEAD /feed/stream                |                    | 401                       | 401                       | 200                       | 200                       |
  | GET /feed/stream                 |                    | 401                       | 401                       | 200                       | 200                       |
  | POST /feed/stream/tickets        |                    | 401                       | 401                       | 201                       | 201                       |
  | GET /users/me/export             |                    | 401                       | 401                       | 200                       | 200                       |
  | GET /users                       |                    | 401                       | 401                       | 403                       | 403                       |
  | PUT /users/{A}/ban               | a reason           | 401                       | 401                       | 403                       | 403                       |
  | DELETE /users/{A}/ban            |                    | 401                       | 401                       | 403                       | 403                       |
  | PUT /users/{A}/role              | a role             | 401                       | 401                       | 403                       | 403                       |
  | DELETE /users/{A}                |                    | 401                       | 401                       | 403                       | 403                       |
  | POST /posts/{post of A}/reports  | a reason           | 401                       | 401                       | 201                       | 201                       |
  | POST /posts/{draft of A}/reports | a reason           | 401                       | 401                       | 404                       | 201                       |
  | PUT /posts/{post of A}/removal   | a reason           | 401                       | 401                       | 403                       | 403                       |
  | PUT /posts/{draft of A}/removal  | a reason           | 401                       | 401                       | 403                       | 403                       |
  | DELETE /posts/{post of A}/removal |                    | 401                       | 401                       | 403                       | 403                       |
  | DELETE /posts/{draft of A}/removal |                    | 401                       | 401                       | 403                       | 403                       |
  | GET /moderation/reports          |                    | 401                       | 401                       | 403                       | 403                       |
  | DELETE /moderation/reports/1     |                    | 401                       | 401                       | 403                       | 403                       |
  | GET /moderation/log              |                    | 401                       | 401                       | 403                       | 403                       |
  | POST /vote                       | for post of A      | 401                       | 401                       | 201                       | 201                       |
  | POST /vote                       | for draft of A     | 401                       | 401                       | 404                       | 201                       |
  | GET /vote?post_ids={post of A}   |                    | 401                       | 401                       | 200                       | 200                       |
  | GET /                            |                    | 200                       | 200                       | 200                       | 200                       |
  | GET /docs                        |                    | 200                       | 200                       | 200                       | 200                       |
  | GET /openapi.json                |                    | 200                       | 200                       | 200                       | 200                       |
  | GET /asyncapi.json               |                    | 200                       | 200                       | 200                       | 200                       |
  | GET /health                      |                    | 200                       | 200                       | 200                       | 200                       |
  | GET /internal/jwks.json          |                    | 404                       | 404                       | 404                       | 404                       |
  | GET /internal/users/{A}          |                    | 404                       | 404                       | 404                       | 404                       |
  | GET /internal/posts/{draft of A} |                    | 404                       | 404                       | 404                       | 404                       |
  | GET /metrics                     |                    | 404                       | 404                       | 404                       | 404                       |
  | GET /healthz                     |                    | 404                       | 404                       | 404                       | 404                       |
  | GET /readyz                      |                    | 404                       | 404                       | 404                       | 404                       |
`;

let agora: ReachedAgora;
let ask: HttpClient;
let deleted: Person;
/** What the rows that change nothing have in common. */
let untouched: Promise<Scene> | undefined;
/** Those who write in the rows that change no account. */
let writers: Promise<[Person, Person]> | undefined;

beforeAll(async () => {
  agora = await reachAgora(processes);
  ask = httpClient(agora.origin);
  deleted = await join(ask);
  await ask('DELETE', '/users/me', { token: deleted.token });
  const refused = async () => expect((await ask('GET', '/posts', { token: deleted.token })).status).toBe(401);
  await eventually(refused, 2_000);
}, 120_000);
afterAll(() => agora.stop());

const table = readTable(matrix);

it.each(table.rows.map((row) => [row.title, row] as const))(
  '%s',
  async (_title, { request, body, cells }) => {
    const [method = '', path = ''] = request.split(' /');
    const scene = await (changesNothing(method, path, cells)
      ? (untouched ??= setScene(await joinTwo()))
      : setScene(await (changesAccounts(path) ? joinTwo() : (writers ??= joinTwo()))));
    const observed: [string, string][] = [];
    for (const [actor, person, token] of castOf(scene)) {
      const answer = await ask(method, `/${fill(path, scene)}`, {
        ...(token !== undefined && { token }),
        ...(await bodies[body]?.(scene, person)),
      });
      observed.push([actor, describeAnswer(answer, scene, token)]);
    }
    const columnOf = (actor: string) => table.actors.findIndex((names) => names.includes(actor.charAt(0)));
    expect(observed).toEqual(observed.map(([actor]) => [actor, cells[columnOf(actor)]]));
  },
);

/** Reads, and what nobody may do but for guesses, which are counted. */
const changesNothing = (method: string, path: string, cells: string[]) =>
  ['GET', 'HEAD'].includes(method) ||
  (cells.every((cell) => !cell.startsWith('2')) && !/login|totp/.test(path));

const changesAccounts = (path: string) => !/^(posts|vote|feed)\b/.test(path);

it('leaves no route out', async () => {
  const pathOf = (request: string) => request.replace(/\?.*/, '').replaceAll(/\{[^}]*\}|(?<=\/)\d+/g, '{}');
  const tried = new Set(table.rows.map(({ request }) => pathOf(request)));
  const routes = await readPublicRoutes(ask);
  const untried = routes.map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`);
  expect(untried.filter((request) => !tried.has(request))).toEqual([]);
});

itInside.each([
  ['auth', '/users/me'],
  ['posts', '/posts'],
  ['votes', '/vote'],
] as const)('%s, asked behind the gateway, believes tokens and no header', async (service, path) => {
  const askService = httpClient(agora.process(service).url);
  const headers = {
    'X-User-Id': '1',
    'X-Auth-User': '1',
    'X-Forwarded-User': '1',
    Authorization: 'Basic MTox',
  };
  const answer = await askService(service === 'votes' ? 'POST' : 'GET', path, { headers });
  expect([answer.status, answer.body.code]).toEqual([401, 'token_missing']);
});

itInside.each(['gateway', 'auth', 'posts', 'votes'] as const)(
  '%s answers two tokens with 400, and neither counts',
  async (name) => {
    const { token } = await join(ask);
    const path = name === 'auth' ? '/users/me' : name === 'votes' ? '/vote?post_ids=1' : '/posts';
    const headers = { Authorization: [`Bearer ${token}`, `Bearer ${token}`] };
    const [answer] = (await once(
      startRequest(`${agora.process(name).url}${path}`, { headers }).end(),
      'response',
    )) as [IncomingMessage];
    answer.resume();
    expect([answer.statusCode, answer.headers['www-authenticate']]).toEqual([
      400,
      'Bearer realm="agora", error="invalid_request"',
    ]);
  },
);

interface Row {
  title: string;
  request: string;
  body: string;
  /** What each actor gets, in the order of the columns. */
  cells: string[];
}

function readTable(markdown: string): { actors: string[]; rows: Row[] } {
  const lines = markdown.split('\n').filter((line) => line.includes('|') && !line.includes('---'));
  const cellsOf = (line: string) =>
    line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
  const [[, , ...actors] = [], ...rest] = lines.map(cellsOf);
  const rows = rest.map(([request = '', body = '', ...cells]) => ({
    title: [request, body].filter(Boolean).join(', '),
    request,
    body,
    cells,
  }));
  return { actors, rows };
}

interface Owner extends Person {
  name: string;
  post: number;
  draft: number;
  session: string;
}

interface Scene {
  a: Owner;
  b: Owner;
}

const joinTwo = (): Promise<[Person, Person]> => Promise.all([join(ask), join(ask)]);

async function setScene([one, other]: [Person, Person]): Promise<Scene> {
  const [a, b] = await Promise.all([makeOwner('A', one), makeOwner('B', other)]);
  return { a, b };
}

async function makeOwner(name: string, person: Person): Promise<Owner> {
  const publish = async (title: string, published: boolean) => {
    const json = { title, content: `what ${name} says`, published };
    return Number((await ask('POST', '/posts', { token: person.token, json })).body.id);
  };
  const [post, draft] = [await publish('post', true), await publish('draft', false)];
  return { ...person, name, post, draft, session: sessionOf(person.token) };
}

function sessionOf(token: string): string {
  const claims = Buffer.from(token.split('.')[1] ?? '', 'base64url').toString();
  return String((JSON.parse(claims) as { sid?: string }).sid);
}

/** Everybody who asks, in order, with the token that they show; A comes last, as what A may do can be done once. */
const castOf = ({ a, b }: Scene): [actor: string, person: Person, token?: string][] => [
  ['–', a],
  ['X with a bad token', a, `${a.token.slice(0, -4)}AAAA`],
  ['X with an expired token', a, tokenFor(a.id, { expiresIn: -60 })],
  ['D', deleted, deleted.token],
  ['B', b, b.token],
  ['A', a, a.token],
];

const fill = (path: string, { a }: Scene): string =>
  path
    .replace('{A}', String(a.id))
    .replace('{post of A}', String(a.post))
    .replace('{draft of A}', String(a.draft))
    .replace('{session of A}', a.session);

type Body = Parameters<HttpClient>[2];

const logInWith = (username: string, password: string): Body => ({ form: { username, password } });
const voteFor = (postId: number): Body => ({ json: { post_id: postId, dir: 1 } });

const withRefreshToken = (refreshToken: unknown): Body => ({ json: { refresh_token: refreshToken } });

const bodies: Record<string, (scene: Scene, actor: Person) => Body | Promise<Body>> = {
  'a new account': () => ({ json: { email: `${randomUUID()}@example.test`, password: randomUUID() } }),
  'a new name': () => ({ json: { name: `n${randomUUID().slice(0, 8)}` } }),
  'a new address': (_scene, { password }) => ({
    json: { email: `${randomUUID()}@example.test`, current_password: password },
  }),
  'a made-up token': () => ({ json: { token: 'x'.repeat(43), new_password: randomUUID() } }),
  'any address': () => ({ json: { email: `${randomUUID()}@example.test` } }),
  'own password alone': (_scene, { password }) => ({ json: { current_password: password } }),
  'a made-up code': () => ({ json: { code: '000000' } }),
  'credentials of A': ({ a }) => logInWith(a.email, a.password),
  'wrong credentials': ({ a, b }) => logInWith(a.email, b.password),
  'credentials of D': () => logInWith(deleted.email, deleted.password),
  'refresh token of A': async ({ a }) => {
    const { body } = await ask('POST', '/login', logInWith(a.email, a.password));
    return withRefreshToken(body.refresh_token);
  },
  'refresh token of D': () => withRefreshToken(deleted.refreshToken),
  'own password': (_scene, { password }) => ({
    json: { current_password: password, new_password: 'another password' },
  }),
  'a role': () => ({ json: { role: 'admin' } }),
  'a reason': () => ({ json: { reason: 'It advertises a shop.' } }),
  'a post': () => ({ json: { title: 'post', content: 'anything' } }),
  'for post of A': ({ a }) => voteFor(a.post),
  'for draft of A': ({ a }) => voteFor(a.draft),
};

/** The status, and what is shown and whose it is: `200 draft, post of A`. */
function describeAnswer({ status, headers, body }: Answer, { a, b }: Scene, token?: string): string {
  if (status === 401) return isRightChallenge(headers, body.code, token) ? '401' : `401 ${String(body.code)}`;
  if (status >= 300) return String(status);
  const shown = (Array.isArray(body) ? body : [body]) as Shown[];
  const what = shown.flatMap(({ title, current }) => title ?? (current === undefined ? [] : 'session'));
  const owners = [a, b].filter((owner) => shown.some((each) => isOwnedBy(owner, each)));
  const names = owners.map(({ name }) => name).join(' and ');
  return [status, what.length > 0 && `${what.join(', ')} of`, names].filter(Boolean).join(' ');
}

/** A user, a post, a report or a session, as far as it is looked at here. */
interface Shown {
  post_id?: number;
  id?: number | string;
  name?: string;
  owner_id?: number;
  title?: string;
  current?: boolean;
}

const isOwnedBy = ({ id, session }: Owner, { id: shownId, name, owner_id: ownerId }: Shown): boolean =>
  ownerId === id || (name !== undefined && shownId === id) || shownId === session;

/** That of an access token (RFC 6750, 3.1): without an error if no token was sent. The answer to a HEAD has no code. */
const isRightChallenge = (headers: Headers, code: unknown, token: string | undefined): boolean =>
  code !== 'invalid_refresh_token' &&
  headers.get('www-authenticate') ===
    `Bearer realm="agora"${token === undefined ? '' : ', error="invalid_token"'}`;
