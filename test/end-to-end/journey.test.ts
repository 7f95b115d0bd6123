import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  joinAll,
  query,
  reachAgora,
  type HttpClient,
  type Person,
  type ReachedAgora,
} from '@agora/testing';
import { takeTour } from './documentation/tour.js';
import { itInside } from './it-inside.js';

const text = { title: 'A title', content: 'Some content' };
const names = ['auth', 'posts', 'votes', 'gateway'] as const;

let agora: ReachedAgora;
let ask: HttpClient;

beforeAll(async () => {
  agora = await reachAgora(names, { algorithm: 'ES256', isShared: true });
  ask = httpClient(agora.origin);
}, 120_000);
afterAll(() => agora.stop());

const publish = async ({ token }: Person, json: object = text) => {
  const { status, body } = await ask('POST', '/posts', { token, json });
  expect(status).toBe(201);
  return Number(body.id);
};
const vote = ({ token }: Person, postId: number, dir: number) =>
  ask('POST', '/vote', { token, json: { post_id: postId, dir } });
const show = ({ token }: Person, postId: number) => ask('GET', `/posts/${postId}`, { token });
const votedFor = async ({ token }: Person, postIds: number[]) =>
  (await ask('GET', `/vote?post_ids=${postIds.join(',')}`, { token })).body.voted;
const expectVotes = (person: Person, postId: number, votes: number) =>
  eventually(async () => expect((await show(person, postId)).body.votes).toBe(votes));

describe('a journey through the gateway', () => {
  it('goes from registering to deleting the account', async () => {
    const email = `${randomUUID()}@example.test`;
    const registered = await ask('POST', '/users/', { json: { email, password: 'correct horse' } });
    expect([registered.status, registered.headers.get('location')]).toEqual([
      201,
      `/users/${String(registered.body.id)}`,
    ]);
    const { id: ownerId, name, created_at: joinedAt } = registered.body;
    const { body: tokens } = await ask('POST', '/login/', {
      form: { username: email, password: 'correct horse' },
    });
    const token = String(tokens.access_token);

    const post = await ask('POST', '/posts/', { token, json: text });
    expect([post.status, post.headers.get('location')]).toEqual([201, `/posts/${String(post.body.id)}`]);
    const id = Number(post.body.id);
    expect((await ask('POST', '/vote/', { token, json: { post_id: id, dir: 1 } })).body).toEqual({
      message: 'Vote added successfully',
    });
    await eventually(async () => expect((await ask('GET', `/posts/${id}/`, { token })).body.votes).toBe(1));
    expect((await ask('GET', '/posts/', { token })).body).toEqual([
      expect.objectContaining({ id, votes: 1, owner: { id: ownerId, name, created_at: joinedAt } }),
    ]);
    expect((await ask('POST', '/vote', { token, json: { post_id: id, dir: 0 } })).body).toEqual({
      message: 'Vote deleted successfully',
    });
    await eventually(async () => expect((await ask('GET', `/posts/${id}`, { token })).body.votes).toBe(0));

    expect((await ask('DELETE', `/posts/${id}/`, { token })).status).toBe(204);
    expect((await ask('GET', `/posts/${id}`, { token })).status).toBe(404);
    expect((await ask('DELETE', '/users/me/', { token })).status).toBe(204);
    expect((await ask('GET', '/users/me', { token })).status).toBe(401);
    expect(
      (await ask('POST', '/login', { form: { username: email, password: 'correct horse' } })).status,
    ).toBe(403);
  });

  it('gets the answers that the tour of the README shows', async () => {
    const answers = await takeTour(agora.origin, `${randomUUID()}@example.test`);
    expect(answers).toHaveLength(5);
    for (const { command, answered, shown } of answers)
      expect({ command, answered }).toEqual({ command, answered: shown });
  });

  it('keeps two users separate', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    const [post, draft] = [await publish(ann), await publish(ann, { ...text, published: false })];
    expect((await ask('PUT', `/posts/${post}`, { token: bob.token, json: text })).body).toMatchObject({
      status: 403,
      code: 'not_owner',
    });
    expect((await ask('DELETE', `/posts/${post}`, { token: bob.token })).status).toBe(403);
    expect((await ask('PUT', `/posts/${draft}`, { token: bob.token, json: text })).status).toBe(404);
    expect((await show(bob, draft)).body).toMatchObject({ status: 404, code: 'post_not_found' });
    expect((await vote(bob, draft, 1)).body).toMatchObject({ status: 404, code: 'post_not_found' });
    expect((await ask('GET', '/posts', { token: bob.token })).body).toEqual([]);
  });

  it('never answers 404 for a post that was just written', async () => {
    const ann = await join(ask);
    for (let round = 0; round < 10; round += 1) {
      expect((await vote(ann, await publish(ann), 1)).status).toBe(201);
    }
  });

  it('hides a post from voters within 2 s after it became a draft again', async () => {
    const [ann, bob, eve] = await Promise.all([join(ask), join(ask), join(ask)]);
    const id = await publish(ann);
    expect((await vote(bob, id, 1)).status).toBe(201);
    await ask('PUT', `/posts/${id}`, { token: ann.token, json: { ...text, published: false } });
    await eventually(async () => {
      const { status } = await vote(eve, id, 1);
      if (status === 201) await vote(eve, id, 0);
      expect(status).toBe(404);
    }, 2_000);
  });

  it('deletes the votes of a deleted post', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    const id = await publish(ann);
    await vote(bob, id, 1);
    await ask('DELETE', `/posts/${id}`, { token: ann.token });
    await eventually(async () => expect(await votedFor(bob, [id])).toEqual([]));
    expect((await vote(bob, id, 1)).status).toBe(404);
  });

  it('deletes posts and votes of a deleted user, and lowers the counts of other posts', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    const [annsPost, bobsPost] = [await publish(ann), await publish(bob)];
    await vote(bob, annsPost, 1);
    await vote(ann, bobsPost, 1);
    await vote(bob, bobsPost, 1);
    await expectVotes(ann, bobsPost, 2);
    expect((await ask('DELETE', '/users/me', { token: ann.token })).status).toBe(204);
    await expectVotes(bob, bobsPost, 1);
    await eventually(async () => expect((await show(bob, annsPost)).status).toBe(404));
    await eventually(async () => expect(await votedFor(bob, [annsPost, bobsPost])).toEqual([bobsPost]));
    expect((await ask('POST', '/posts', { token: ann.token, json: text })).status).toBe(401);
    expect((await vote(ann, bobsPost, 1)).status).toBe(401);
  });

  itInside('keeps no row of a vote that was deleted with its post or user', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    const [annsPost, bobsPost, deleted] = [await publish(ann), await publish(bob), await publish(bob)];
    for (const [person, post] of [
      [bob, annsPost],
      [ann, bobsPost],
      [bob, deleted],
    ] as const)
      expect((await vote(person, post, 1)).status).toBe(201);
    await ask('DELETE', `/posts/${deleted}`, { token: bob.token });
    await ask('DELETE', '/users/me', { token: ann.token });
    const rows = 'SELECT 1 FROM votes.votes WHERE user_id = $1 OR post_id = ANY($2)';
    await eventually(async () => expect(await query(rows, [ann.id, [annsPost, deleted]])).toEqual([]));
  });

  it('counts 400 votes of 40 users on 20 posts correctly within 5 s', async () => {
    const author = await join(ask);
    const people = [author, ...(await joinAll(ask, 39))];
    const posts: number[] = [];
    while (posts.length < 20) posts.push(await publish(author));
    /** Each user sends one vote after the other, all users at once. */
    const voteForHalf = async (person: Person, index: number) => {
      const statuses: number[] = [];
      for (const post of posts.filter((_post, place) => (place + index) % 2 === 0)) {
        statuses.push((await vote(person, post, 1)).status);
      }
      return statuses;
    };
    const statuses = (await Promise.all(people.map(voteForHalf))).flat();
    expect(statuses).toEqual(Array<number>(400).fill(201));
    await eventually(async () => {
      const shown = await Promise.all(posts.map((id) => show(author, id)));
      expect(shown.map(({ body }) => body.votes)).toEqual(posts.map(() => 20));
    }, 5_000);
    const voted = await Promise.all(people.map((person) => votedFor(person, posts)));
    expect(voted.flat()).toHaveLength(400);
  }, 60_000);

  it('answers the one set of public keys', async () => {
    const { status, body } = await ask('GET', '/.well-known/jwks.json');
    expect([status, body.keys]).toEqual([200, [expect.objectContaining({ kty: 'EC', alg: 'ES256' })]]);
    expect(JSON.stringify(body)).not.toContain('"d"');
  });

  it.each([
    ['GET', '/nowhere', 404, 'not_found'],
    ['GET', '/internal/users/1', 404, 'not_found'],
    ['GET', '/metrics', 404, 'not_found'],
    ['GET', '/readyz', 404, 'not_found'],
    ['PATCH', '/users', 405, 'method_not_allowed'],
    ['GET', '/posts', 401, 'token_missing'],
    ['GET', '/posts/abc', 401, 'token_missing'],
  ])('answers %s %s with %d %s', async (method, path, status, code) => {
    const { headers, body } = await ask(method, path);
    expect(body).toMatchObject({
      status,
      code,
      request_id: headers.get('x-request-id'),
      title: expect.any(String),
    });
    expect(headers.get('content-type')).toMatch(/^application\/problem\+json/);
  });

  it('checks in the order of the contract: token, type and size, id, existence, owner, text, body', async () => {
    const [ann, bob] = await Promise.all([join(ask), join(ask)]);
    const post = await publish(ann);
    const put = (id: unknown, { token }: Partial<Person>, type: string, raw: string, tag = '*') => {
      const headers = { 'Content-Type': type, 'If-Match': tag };
      return ask('PUT', `/posts/${String(id)}`, { ...(token && { token }), raw, headers });
    };
    const huge = 'x'.repeat(200_000);
    expect((await put('abc', {}, 'text/plain', huge)).status).toBe(401);
    expect((await put('abc', ann, 'text/plain', huge)).status).toBe(415);
    expect((await put('abc', ann, 'application/json', huge)).status).toBe(413);
    expect((await put('abc', ann, 'application/json', '{')).status).toBe(422);
    expect((await put(2_147_483_647, ann, 'application/json', '{')).status).toBe(404);
    expect((await put(post, bob, 'application/json', '{', '"0-0"')).status).toBe(403);
    expect((await put(post, ann, 'application/json', '{', '"0-0"')).status).toBe(412);
    expect((await put(post, ann, 'application/json', '{')).status).toBe(400);
    expect((await put(post, ann, 'application/json', '{}')).status).toBe(422);
  });
});
