import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshId, httpClient, query, statusesOf, testSecret, tokenFor } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

const text = { title: 'A title', content: 'Some content' };

describe('posts', () => {
  let posts: Posts;
  const publish = async (token: string, json: object = text) => {
    const { status, body } = await posts.ask('POST', '/posts', { token, json });
    expect(status).toBe(201);
    return body as typeof body & { id: number };
  };
  const eventsOf = (postId: unknown) =>
    query<{ type: string; data: unknown }>(
      `SELECT envelope->>'type' AS type, envelope->'data' AS data FROM posts.outbox
       WHERE (envelope->'data'->>'post_id')::int = $1 ORDER BY sequence`,
      [postId],
    );

  beforeAll(async () => {
    posts = await startPosts();
  });
  afterAll(() => posts.stop());

  describe('POST /posts', () => {
    it('publishes a post with its owner and no votes', async () => {
      const ann = posts.newAuthor();
      const { status, headers, body } = await posts.ask('POST', '/posts', { token: ann.token, json: text });
      expect(status).toBe(201);
      expect(headers.get('location')).toBe(`/posts/${String(body.id)}`);
      expect(body).toEqual({
        id: expect.any(Number),
        ...text,
        published: true,
        created_at: expect.stringMatching(/Z$/),
        updated_at: body.created_at,
        owner_id: ann.id,
        owner: { id: ann.id, name: `author_${ann.id}`, created_at: '2026-01-02T03:04:05.678Z' },
        votes: 0,
      });
    });

    it('publishes an event with its owner and whether it is published, in one transaction with the post', async () => {
      const ann = posts.newAuthor();
      const { id } = await publish(ann.token, { ...text, published: false });
      expect(await eventsOf(id)).toEqual([
        {
          type: 'posts.post-created.v1',
          data: { post_id: id, post_key: expect.any(String), owner_id: ann.id, published: false, version: 1 },
        },
      ]);
    });

    it('does not reuse the id of a lost post', async () => {
      const ann = posts.newAuthor();
      const lost = [await publish(ann.token), await publish(ann.token)].map(({ id }) => id);
      const internal = httpClient(posts.agora.process('posts').internalUrl);
      await eventually(async () => {
        const { body } = await internal('GET', '/internal/posts/highest', { token: testSecret });
        expect(body.highest).toBeGreaterThanOrEqual(Math.max(...lost));
      });
      await query('DELETE FROM posts.posts WHERE id = ANY($1)', [lost]);
      await query(`SELECT setval('posts.posts_id_seq', $1, false)`, [Math.min(...lost)]);
      expect((await publish(ann.token)).id).toBeGreaterThan(Math.max(...lost));
    });

    it("refuses a lost account's token once its id is another's, whose posts it neither sees nor changes", async () => {
      const { id } = posts.newAuthor();
      const accountWith = (key: string) => {
        posts.change(id, { account_key: key });
        return tokenFor(id, { account_key: key });
      };
      const lost = accountWith(randomUUID());
      await publish(lost);
      const successor = accountWith(randomUUID());
      const { id: postId } = await publish(successor);
      const summary = async (method: string, path: string, json?: object) => {
        const { status, body } = await posts.ask(method, path, { token: lost, json });
        return [status, body.code];
      };
      expect(await summary('POST', '/posts', text)).toEqual([401, 'invalid_token']);
      expect(await summary('GET', '/posts')).toEqual([401, 'invalid_token']);
      expect(await summary('PATCH', `/posts/${postId}`, text)).toEqual([401, 'invalid_token']);
      expect(await summary('DELETE', `/posts/${postId}`)).toEqual([401, 'invalid_token']);
      const own = await posts.ask('GET', '/posts', { token: successor });
      expect(own.body).toEqual([expect.objectContaining({ id: postId })]);
    });

    it('accepts only the fields that an author may set', async () => {
      const ann = posts.newAuthor();
      const body = await publish(ann.token, {
        ...text,
        id: 1,
        owner_id: 2,
        votes: 99,
        created_at: '2001-01-01T00:00:00Z',
      });
      expect(body).toMatchObject({ owner_id: ann.id, votes: 0 });
      expect(body.id).not.toBe(1);
      expect(body.created_at).not.toMatch(/^2001/);
    });

    it.each([
      [{}, ['title', 'content']],
      [{ title: '', content: '' }, ['title', 'content']],
      [{ ...text, title: 'x'.repeat(301) }, ['title']],
      [{ ...text, content: 'x'.repeat(20_001) }, ['content']],
      [{ ...text, title: 'a\0b' }, ['title']],
      [{ ...text, published: 'yes' }, ['published']],
      [{ title: 1, content: null, published: 1 }, ['title', 'content', 'published']],
      [[], ['body']],
    ])('refuses %j', async (json, fields) => {
      const { status, body } = await posts.ask('POST', '/posts', { token: posts.newAuthor().token, json });
      expect([status, body.code]).toEqual([422, 'validation_failed']);
      expect(body.errors?.map(({ field }) => field)).toEqual(fields);
    });

    it('keeps every character', async () => {
      const { token } = posts.newAuthor();
      const title = `${'😀'.repeat(297)}%_\\`;
      const content = `'"; DROP TABLE posts; -- \\ \u2028 \u200b \r\n\t`;
      const { id } = await publish(token, { title, content });
      expect((await posts.ask('GET', `/posts/${id}`, { token })).body).toMatchObject({ title, content });
    });

    it('refuses a user whom auth does not know, and is 503 while auth is down', async () => {
      expect((await posts.ask('POST', '/posts', { token: tokenFor(freshId()), json: text })).status).toBe(
        401,
      );
      const alone = await startPosts({});
      const known = alone.newAuthor();
      const unknown = alone.newAuthor();
      expect((await alone.ask('POST', '/posts', { token: known.token, json: text })).status).toBe(201);
      await alone.stopAuth();
      const answer = await alone.ask('POST', '/posts', { token: unknown.token, json: text });
      expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '1']);
      expect((await alone.ask('POST', '/posts', { token: known.token, json: text })).status).toBe(201);
      await alone.stop();
    });

    it('asks for a token', async () => {
      expect((await posts.ask('POST', '/posts', { json: text })).status).toBe(401);
    });
  });

  describe('GET /posts', () => {
    it("lists the caller's own posts, drafts too, newest first", async () => {
      const ann = posts.newAuthor();
      await publish(posts.newAuthor().token);
      const first = await publish(ann.token);
      const draft = await publish(ann.token, { ...text, published: false });
      const { status, body } = await posts.ask('GET', '/posts', { token: ann.token });
      expect(status).toBe(200);
      expect(body).toEqual([draft, first]);
    });

    it('pages by limit and skip', async () => {
      const { token } = posts.newAuthor();
      const made: number[] = [];
      for (let index = 0; index < 12; index += 1) made.unshift((await publish(token)).id);
      const ids = async (query_: string) => {
        const { body } = await posts.ask('GET', `/posts${query_}`, { token });
        return (body as unknown as { id: number }[]).map(({ id }) => id);
      };
      expect(await ids('')).toEqual(made.slice(0, 10));
      expect(await ids('?limit=3&skip=10')).toEqual(made.slice(10));
      expect(await ids('?skip=50')).toEqual([]);
    });

    it('finds titles that contain the search, in any case and taken literally', async () => {
      const { token } = posts.newAuthor();
      for (const title of ['100% Wool', 'snake_case', 'back\\slash', "it's", '1000 things'])
        await publish(token, { ...text, title });
      const titles = async (search: string) => {
        const { body } = await posts.ask('GET', `/posts?search=${encodeURIComponent(search)}`, { token });
        return (body as unknown as { title: string }[]).map(({ title }) => title);
      };
      expect(await titles('wool')).toEqual(['100% Wool']);
      expect(await titles('100%')).toEqual(['100% Wool']);
      expect(await titles('_')).toEqual(['snake_case']);
      expect(await titles('\\')).toEqual(['back\\slash']);
      expect(await titles("'")).toEqual(["it's"]);
      expect(await titles('')).toHaveLength(5);
    });

    it.each([
      'limit=0',
      'limit=101',
      'skip=-1',
      'skip=x',
      `search=${'x'.repeat(201)}`,
      'limit=1&limit=2',
      'search=%00',
    ])('refuses %s', async (parameters) => {
      const { status, body } = await posts.ask('GET', `/posts?${parameters}`, {
        token: posts.newAuthor().token,
      });
      expect([status, body.code]).toEqual([422, 'validation_failed']);
    });
  });

  describe('GET /posts/{id}', () => {
    it('shows each of many concurrent readers what they may see', async () => {
      const [ann, bob] = [posts.newAuthor(), posts.newAuthor()];
      const post = await publish(ann.token);
      const draft = await publish(ann.token, { ...text, published: false });
      const show = async (id: number, { token }: typeof ann) => {
        const { status, body } = await posts.ask('GET', `/posts/${id}`, { token });
        return [status, status === 200 ? body.id : body.code];
      };
      const round = () => [
        show(post.id, bob),
        show(draft.id, bob),
        show(draft.id, ann),
        show(freshId(), ann),
      ];
      const answers = await Promise.all(Array.from({ length: 20 }, round).flat());
      const notFound = [404, 'post_not_found'];
      const expected = [[200, post.id], notFound, [200, draft.id], notFound];
      expect(answers).toEqual(Array.from({ length: 20 }, () => expected).flat());
    });

    it('shows a published post to everybody, and a draft only to its owner', async () => {
      const [ann, bob] = [posts.newAuthor(), posts.newAuthor()];
      const post = await publish(ann.token);
      const draft = await publish(ann.token, { ...text, published: false });
      expect((await posts.ask('GET', `/posts/${post.id}/`, { token: bob.token })).body).toEqual(post);
      expect((await posts.ask('GET', `/posts/${draft.id}`, { token: ann.token })).body).toEqual(draft);
      const hidden = await posts.ask('GET', `/posts/${draft.id}`, { token: bob.token });
      expect([hidden.status, hidden.body.code]).toEqual([404, 'post_not_found']);
      expect((await posts.ask('HEAD', `/posts/${draft.id}`, { token: bob.token })).status).toBe(404);
    });

    it.each(['abc', '0', '-1', '1.5', '2147483648', '1e3'])('refuses the id %s', async (id) => {
      expect((await posts.ask('GET', `/posts/${id}`, { token: posts.newAuthor().token })).status).toBe(422);
    });
  });

  describe('PUT /posts/{id}', () => {
    it('replaces the text and nothing else', async () => {
      const { id: ownerId, token } = posts.newAuthor();
      const post = await publish(token);
      const json = { title: 'New', content: 'Newer', votes: 5, owner_id: 1, created_at: 'x' };
      const { status, body } = await posts.ask('PUT', `/posts/${post.id}`, { token, json });
      expect(status).toBe(200);
      expect(body).toEqual({ ...post, title: 'New', content: 'Newer', updated_at: body.updated_at });
      expect(Date.parse(String(body.updated_at))).toBeGreaterThan(Date.parse(String(post.updated_at)));
      expect((await eventsOf(post.id)).at(-1)).toEqual({
        type: 'posts.post-updated.v1',
        data: {
          post_id: post.id,
          post_key: expect.any(String),
          owner_id: ownerId,
          published: true,
          version: 2,
          was_published: true,
        },
      });
    });

    it('gives every change its own version, however many are concurrent', async () => {
      const { token } = posts.newAuthor();
      const { id } = await publish(token);
      const changes = Array.from({ length: 8 }, (_, index) =>
        posts.ask('PUT', `/posts/${id}`, { token, json: { ...text, title: `Change ${index}` } }),
      );
      for (const { status } of await Promise.all(changes)) expect(status).toBe(200);
      const versions = (await eventsOf(id)).map(({ data }) => (data as { version: number }).version);
      expect(versions).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
    });

    it("refuses somebody else's post before it looks at the body: 403, or 404 for a draft", async () => {
      const [ann, bob] = [posts.newAuthor(), posts.newAuthor()];
      const post = await publish(ann.token);
      const draft = await publish(ann.token, { ...text, published: false });
      const headers = { 'Content-Type': 'application/json' };
      const refused = await posts.ask('PUT', `/posts/${post.id}`, {
        token: bob.token,
        raw: '{"title',
        headers,
      });
      expect([refused.status, refused.body.code]).toEqual([403, 'not_owner']);
      expect(
        (await posts.ask('PUT', `/posts/${draft.id}`, { token: bob.token, raw: '{"title', headers })).status,
      ).toBe(404);
      expect(
        (await posts.ask('PUT', `/posts/${post.id}`, { token: ann.token, raw: '{"title', headers })).status,
      ).toBe(400);
      expect((await posts.ask('PUT', `/posts/${post.id}`, { token: ann.token, json: {} })).status).toBe(422);
      expect((await posts.ask('GET', `/posts/${post.id}`, { token: ann.token })).body).toEqual(post);
    });
  });

  describe('DELETE /posts/{id}', () => {
    it('deletes the post, once', async () => {
      const { token } = posts.newAuthor();
      const { id } = await publish(token);
      const answers = await Promise.all(
        Array.from({ length: 5 }, () => posts.ask('DELETE', `/posts/${id}`, { token })),
      );
      expect(statusesOf(answers)).toEqual([204, 404, 404, 404, 404]);
      expect((await posts.ask('GET', `/posts/${id}`, { token })).status).toBe(404);
      expect((await eventsOf(id)).map(({ type }) => type)).toEqual([
        'posts.post-created.v1',
        'posts.post-deleted.v1',
      ]);
    });

    it("refuses somebody else's post: 403, or 404 for a draft", async () => {
      const [ann, bob] = [posts.newAuthor(), posts.newAuthor()];
      const post = await publish(ann.token);
      const draft = await publish(ann.token, { ...text, published: false });
      const refused = await posts.ask('DELETE', `/posts/${post.id}`, { token: bob.token });
      expect([refused.status, refused.body.code]).toEqual([403, 'not_owner']);
      expect((await posts.ask('DELETE', `/posts/${draft.id}`, { token: bob.token })).status).toBe(404);
      expect((await posts.ask('GET', `/posts/${post.id}`, { token: bob.token })).status).toBe(200);
    });
  });
});
