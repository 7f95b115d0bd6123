import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  freshId,
  httpClient,
  query,
  statusesOf,
  tokenFor,
  type Answer,
  type HttpClient,
} from '@agora/testing';
import { startPosts, type Posts } from '../../start-posts.js';

let posts: Posts;
let askVotes: HttpClient;
const moderator = { id: freshId(), token: '' };
const admin = tokenFor(freshId(), { role: 'admin' });
const stranger = { id: freshId(), token: '' };

beforeAll(async () => {
  posts = await startPosts();
  askVotes = httpClient((await posts.agora.start('votes')).url);
  moderator.token = tokenFor(moderator.id, { role: 'moderator' });
  stranger.token = tokenFor(stranger.id);
});
afterAll(() => posts.stop());

const reason = 'It advertises a shop.';

async function write(text: object = {}) {
  const owner = posts.newAuthor();
  const body = { title: 'T', content: 'C', ...text };
  const answer = await posts.ask('POST', '/posts', {
    token: owner.token,
    json: body,
    headers: { 'Idempotency-Key': `first-${owner.id}` },
  });
  const id = Number(answer.body.id);
  const get = (token: string, headers = {}) => posts.ask('GET', `/posts/${id}`, { token, headers });
  const remove = (json: object = { reason }, token = moderator.token) =>
    posts.ask('PUT', `/posts/${id}/removal`, { token, json });
  const restore = (token = moderator.token) => posts.ask('DELETE', `/posts/${id}/removal`, { token });
  return { id, owner, body, answer, get, remove, restore };
}

const idsOf = ({ body }: Answer) => (body as unknown as { id: number }[]).map((each) => each.id);

/** Until votes has received the event, at most two seconds. */
const vote = (postId: number, token: string, dir: number, status: number) =>
  eventually(async () => {
    const answer = await askVotes('POST', '/vote', { token, json: { post_id: postId, dir } });
    expect(answer.status).toBe(status);
  }, 2_000);

describe('a removed post', () => {
  it("is a draft of somebody else's for all others, in every read and write", async () => {
    const { id, owner, get, remove } = await write();
    const { headers } = await get(stranger.token);
    expect((await remove()).status).toBe(204);
    expect((await get(stranger.token)).status).toBe(404);
    expect((await posts.ask('HEAD', `/posts/${id}`, { token: stranger.token })).status).toBe(404);
    for (const tag of [headers.get('etag') ?? '', '*'])
      expect((await get(stranger.token, { 'If-None-Match': tag })).status).toBe(404);
    const others = { token: stranger.token };
    expect((await posts.ask('PATCH', `/posts/${id}`, { ...others, json: {} })).status).toBe(404);
    expect((await posts.ask('DELETE', `/posts/${id}`, others)).status).toBe(404);
    expect((await posts.ask('POST', `/posts/${id}/reports`, { ...others, json: { reason } })).status).toBe(
      404,
    );
    for (const token of [stranger.token, owner.token, moderator.token])
      expect(idsOf(await posts.ask('GET', `/feed?owner_id=${owner.id}`, { token }))).toEqual([]);
    for (const sort of ['top', 'hot', 'new&search=T'])
      expect(idsOf(await posts.ask('GET', `/feed?owner_id=${owner.id}&sort=${sort}`, others))).toEqual([]);
  });

  it('is seen by its owner and by moderators, with when and why', async () => {
    const { id, owner, get, remove } = await write();
    await remove();
    const removed = { reason, removed_at: expect.any(String) };
    for (const token of [owner.token, moderator.token, admin]) {
      const { status, body } = await get(token);
      expect([status, body.published, body.removed]).toEqual([200, true, removed]);
    }
    const own = await posts.ask('GET', '/posts', { token: owner.token });
    expect(own.body).toMatchObject([{ id, removed }]);
    expect((await posts.ask('PATCH', `/posts/${id}`, { token: moderator.token, json: {} })).body.code).toBe(
      'not_owner',
    );
  });

  it("is restored with its author's changes and its votes", async () => {
    const { id, owner, get, remove, restore } = await write();
    await vote(id, stranger.token, 1, 201);
    await remove();
    await eventually(async () => {
      const { body } = await askVotes('GET', `/vote?post_ids=${id}`, { token: stranger.token });
      expect(body.voted).toEqual([]);
    }, 2_000);
    await vote(id, tokenFor(freshId()), 1, 404);
    await vote(id, moderator.token, 1, 404);
    await vote(id, owner.token, 1, 201);
    const edited = await posts.ask('PATCH', `/posts/${id}`, {
      token: owner.token,
      json: { title: 'Better' },
    });
    expect([edited.status, edited.body.removed]).toEqual([200, { reason, removed_at: expect.any(String) }]);
    expect((await get(stranger.token)).status).toBe(404);
    expect((await restore()).status).toBe(204);
    await eventually(async () => {
      const { status, body } = await get(stranger.token);
      expect([status, body.title, body.votes, body.removed]).toEqual([200, 'Better', 2, undefined]);
    });
    await vote(id, tokenFor(freshId()), 1, 201);
  });

  it('stays a draft after its restoration if its author made it one meanwhile', async () => {
    const { id, owner, get, remove, restore } = await write();
    await remove();
    await posts.ask('PATCH', `/posts/${id}`, { token: owner.token, json: { published: false } });
    expect((await get(moderator.token)).body.published).toBe(false);
    await restore();
    expect((await get(owner.token)).body).toMatchObject({ published: false });
    for (const token of [stranger.token, moderator.token]) expect((await get(token)).status).toBe(404);
  });

  it("can't be published again by its owner", async () => {
    const { id, owner, get, remove } = await write();
    await remove();
    const json = { title: 'T', content: 'C', published: true };
    expect((await posts.ask('PUT', `/posts/${id}`, { token: owner.token, json })).status).toBe(200);
    expect((await get(stranger.token)).status).toBe(404);
  });

  it('has a new tag for reads, and the same for If-Match', async () => {
    const { id, owner, answer, get, remove } = await write();
    const tag = answer.headers.get('etag') ?? '';
    await remove();
    expect((await get(owner.token, { 'If-None-Match': tag })).status).toBe(200);
    const again = (await get(owner.token)).headers.get('etag') ?? '';
    expect((await get(owner.token, { 'If-None-Match': again })).status).toBe(304);
    await remove({ reason: 'Another one' });
    expect((await get(owner.token, { 'If-None-Match': again })).body.removed).toMatchObject({
      reason: 'Another one',
    });
    const change = { token: owner.token, json: { title: 'New' }, headers: { 'If-Match': tag } };
    expect((await posts.ask('PATCH', `/posts/${id}`, change)).status).toBe(200);
    expect((await posts.ask('PATCH', `/posts/${id}`, change)).status).toBe(412);
  });

  it('is returned unchanged to its owner when the original POST is retried', async () => {
    const { owner, body, answer, remove } = await write();
    await remove();
    const headers = { 'Idempotency-Key': `first-${owner.id}` };
    const retried = await posts.ask('POST', '/posts', { token: owner.token, json: body, headers });
    expect([retried.status, retried.body]).toEqual([201, answer.body]);
  });

  it('can be deleted by its owner', async () => {
    const { id, owner, get, remove } = await write();
    await remove();
    expect((await posts.ask('DELETE', `/posts/${id}`, { token: owner.token })).status).toBe(204);
    expect((await get(moderator.token)).status).toBe(404);
  });
});

describe('PUT and DELETE /posts/{id}/removal', () => {
  it('are for moderators, whether or not the post exists', async () => {
    const { id, owner, remove, restore } = await write();
    for (const token of [owner.token, stranger.token]) {
      for (const answer of [await remove({ reason }, token), await restore(token)])
        expect([answer.status, answer.body.code]).toEqual([403, 'not_allowed']);
      const missing = await posts.ask('PUT', '/posts/2147483647/removal', { token, json: {} });
      expect([missing.status, missing.body.code]).toEqual([403, 'not_allowed']);
    }
    expect((await posts.ask('PUT', `/posts/${id}/removal`, { json: { reason } })).status).toBe(401);
    expect((await remove({ reason }, admin)).status).toBe(204);
    expect((await restore(admin)).status).toBe(204);
  });

  it('answer 404 for a missing post before they read the body', async () => {
    const draft = await write({ published: false });
    const statusOf = async (method: string, id: number | string, json?: object) =>
      (await posts.ask(method, `/posts/${id}/removal`, { token: moderator.token, json })).status;
    expect(await statusOf('PUT', 2_147_483_647, {})).toBe(404);
    expect(await statusOf('PUT', draft.id, { reason })).toBe(404);
    expect(await statusOf('DELETE', 2_147_483_647)).toBe(404);
    const shown = await write();
    expect(await statusOf('DELETE', shown.id)).toBe(404);
    expect(await statusOf('PUT', 'x', { reason })).toBe(422);
    expect(await statusOf('PUT', shown.id, {})).toBe(422);
  });

  it.each([undefined, '', 'x'.repeat(501), 'a\0b', 7, null])('refuse the reason %p', async (bad) => {
    const { remove, get } = await write();
    const { status, body } = await remove({ reason: bad });
    expect([status, body.errors?.map(({ field }) => field)]).toEqual([422, ['reason']]);
    expect((await get(stranger.token)).status).toBe(200);
  });

  it('take effect once when they are concurrent', async () => {
    const { id, remove, restore } = await write();
    await Promise.all(Array.from({ length: 8 }, () => remove()));
    const restored = await Promise.all(Array.from({ length: 8 }, () => restore()));
    expect(statusesOf(restored)).toEqual([204, ...Array<number>(7).fill(404)]);
    const [row] = await query('SELECT published, author_published FROM posts.posts WHERE id = $1', [id]);
    expect(row).toEqual({ published: true, author_published: null });
  });
});
