import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { query, statusesOf } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

const text = { title: 'A title', content: 'Some content' };

let posts: Posts;

beforeAll(async () => {
  posts = await startPosts();
});
afterAll(() => posts.stop());

/** A post and how its author asks for it. */
async function makePost(json: object = text) {
  const { id: ownerId, token } = posts.newAuthor();
  const made = await posts.ask('POST', '/posts', { token, json });
  const path = `/posts/${String(made.body.id)}`;
  const ask = (method: string, headers: Record<string, string> = {}, body?: object) =>
    posts.ask(method, path, { token, headers, ...(body && { json: body }) });
  const tag = async () => (await ask('GET')).headers.get('etag') ?? '';
  const vote = () => query('UPDATE posts.posts SET votes = votes + 1 WHERE id = $1', [made.body.id]);
  return { ownerId, path, made, ask, tag, vote };
}

describe('the tag of a post', () => {
  it('comes with every answer that shows it', async () => {
    const { made, ask } = await makePost();
    const answers = [
      made,
      await ask('GET'),
      await ask('HEAD'),
      await ask('PUT', {}, text),
      await ask('PATCH', {}, { title: 'New' }),
    ];
    expect(answers.map(({ headers }) => headers.get('etag'))).toEqual([
      '"1-0-1-0"',
      '"1-0-1-0"',
      '"1-0-1-0"',
      '"2-0-1-0"',
      '"3-0-1-0"',
    ]);
  });
});

describe('If-None-Match', () => {
  it('is 304 for an unchanged post, whatever the form of the tag', async () => {
    const { ask, tag } = await makePost();
    const known = await tag();
    for (const given of [known, `W/${known}`, `"x", ${known} , "y,z"`, '*']) {
      for (const method of ['GET', 'HEAD']) {
        const { status, headers, body } = await ask(method, { 'If-None-Match': given });
        expect([status, headers.get('etag'), body.content]).toEqual([304, known, '']);
        expect(headers.get('content-type')).toBeNull();
      }
    }
  });

  it('is 200 after a vote or a change', async () => {
    const { ask, tag, vote } = await makePost();
    const known = await tag();
    await vote();
    expect((await ask('GET', { 'If-None-Match': known })).body).toMatchObject({ votes: 1 });
    const voted = await tag();
    expect((await ask('GET', { 'If-None-Match': voted })).status).toBe(304);
    await ask('PATCH', {}, { title: 'New' });
    expect((await ask('GET', { 'If-None-Match': voted })).body).toMatchObject({ title: 'New' });
    for (const given of ['', '"x"', 'x', voted.slice(1)])
      expect((await ask('GET', { 'If-None-Match': given })).status).toBe(200);
  });

  it('refuses a write when the tag matches', async () => {
    const { ask, tag } = await makePost();
    expect((await ask('PUT', { 'If-None-Match': '*' }, text)).status).toBe(412);
    expect((await ask('PATCH', { 'If-None-Match': await tag() }, text)).status).toBe(412);
    expect((await ask('PUT', { 'If-None-Match': '"9-9-1-0"' }, text)).status).toBe(200);
  });

  it("says nothing of a draft of somebody else's, whatever tag they have", async () => {
    const { path, tag } = await makePost({ ...text, published: false });
    const { token } = posts.newAuthor();
    for (const given of [await tag(), '*']) {
      const headers = { 'If-None-Match': given, 'If-Match': given };
      for (const method of ['GET', 'HEAD', 'DELETE'])
        expect((await posts.ask(method, path, { token, headers })).status).toBe(404);
    }
  });
});

describe('If-Match', () => {
  it('accepts a write by an author who knows the current text, whatever the votes', async () => {
    const { ask, tag, vote } = await makePost();
    const known = await tag();
    await vote();
    expect((await ask('PUT', { 'If-Match': known }, text)).status).toBe(200);
    expect((await ask('PATCH', { 'If-Match': `"0-0", ${await tag()}` }, text)).status).toBe(200);
    expect((await ask('PATCH', { 'If-Match': '*' }, text)).status).toBe(200);
    // nginx weakens the tag of what it compresses.
    expect((await ask('PUT', { 'If-Match': `W/${await tag()}` }, text)).status).toBe(200);
    expect((await ask('DELETE', { 'If-Match': await tag() })).status).toBe(204);
  });

  it.each([
    ['PUT', text],
    ['PATCH', text],
    ['DELETE', undefined],
  ])('refuses a %s of another text, and what names none', async (method, json) => {
    const { ask, tag } = await makePost();
    const old = await tag();
    await ask('PATCH', {}, { title: 'New' });
    const shown = (await ask('GET')).body;
    for (const given of [old, `W/${old}`, '"x"', 'x', '"2"', '"2-"', '', ' ']) {
      const { status, body } = await ask(method, { 'If-Match': given }, json);
      expect([given, status, body.code]).toEqual([given, 412, 'precondition_failed']);
    }
    expect((await ask('GET')).body).toEqual(shown);
  });

  it('is checked after the ownership and before the body', async () => {
    const { path, ask } = await makePost();
    const headers = { 'If-Match': '"9-0-1-0"' };
    const { token } = posts.newAuthor();
    expect((await posts.ask('PATCH', path, { token, headers, json: text })).status).toBe(403);
    expect((await posts.ask('DELETE', path, { token, headers })).status).toBe(403);
    expect((await ask('PATCH', headers, { title: '' })).status).toBe(412);
    expect((await ask('PATCH', { 'If-Match': '"1-0-1-0"' }, { title: '' })).status).toBe(422);
  });

  it('lets one of ten concurrent writes succeed', async () => {
    const { ask, tag } = await makePost();
    const headers = { 'If-Match': await tag() };
    const answers = await Promise.all(
      Array.from({ length: 10 }, (_, index) => ask('PATCH', headers, { title: `Change ${index}` })),
    );
    expect(statusesOf(answers)).toEqual([200, ...Array<number>(9).fill(412)]);
    const winner = answers.find(({ status }) => status === 200);
    expect((await ask('GET')).body).toEqual(winner?.body);
  });
});

describe('PATCH /posts/{id}', () => {
  const eventsOf = (path: string) =>
    query<{ data: unknown }>(
      `SELECT envelope->'data' AS data FROM posts.outbox
       WHERE envelope->>'type' = 'posts.post-updated.v1' AND '/posts/' || (envelope->'data'->>'post_id') = $1`,
      [path],
    );

  it.each([
    { title: 'New' },
    { content: 'New' },
    { published: false },
    { title: 'N', content: 'N', published: false },
  ])('changes %j and publishes the same event as PUT', async (json) => {
    const { ownerId, path, made, ask } = await makePost();
    const { status, body } = await ask('PATCH', {}, json);
    expect(status).toBe(200);
    expect(body).toEqual({ ...made.body, ...json, updated_at: body.updated_at });
    expect(Date.parse(String(body.updated_at))).toBeGreaterThan(Date.parse(String(made.body.updated_at)));
    expect((await eventsOf(path)).map(({ data }) => data)).toEqual([
      {
        post_id: made.body.id,
        post_key: expect.any(String),
        owner_id: ownerId,
        published: body.published,
        version: 2,
        was_published: true,
      },
    ]);
  });

  it('changes nothing, not even the tag, when the body has no field that an author may set', async () => {
    const { path, made, ask, tag } = await makePost();
    for (const json of [{}, { votes: 9, owner_id: 1, version: 7 }]) {
      const { status, body } = await ask('PATCH', {}, json);
      expect([status, body]).toEqual([200, made.body]);
    }
    expect([await tag(), await eventsOf(path)]).toEqual(['"1-0-1-0"', []]);
  });

  it.each([
    [{ title: '' }, ['title']],
    [{ title: null, content: 'a\0b', published: 'no' }, ['title', 'content', 'published']],
    [[], ['body']],
  ])('refuses %j', async (json, fields) => {
    const { ask } = await makePost();
    const { status, body } = await ask('PATCH', {}, json);
    expect([status, body.code, body.errors?.map(({ field }) => field)]).toEqual([
      422,
      'validation_failed',
      fields,
    ]);
  });
});
