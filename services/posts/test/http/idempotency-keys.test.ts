import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { eventually, freshId, query, tokenFor, whileLocked } from '@agora/testing';
import { startPosts, type Posts } from '../start-posts.js';

const text = { title: 'A title', content: 'Some content' };

describe('POST /posts with an Idempotency-Key', () => {
  let posts: Posts;
  /** An answer to the byte. */
  const publish = async (token: string, key: string, body = JSON.stringify(text)) => {
    const headers = {
      Authorization: `Bearer ${token}`,
      'Content-Type': 'application/json',
      'Idempotency-Key': key,
    };
    const url = `${posts.agora.process('posts').url}/posts`;
    const response = await fetch(url, { method: 'POST', headers, body });
    const [content, replayed] = [await response.text(), response.headers.get('idempotency-replayed')];
    const named = ['content-type', 'content-length', 'location', 'etag', 'consistency-token'];
    const kept = named.map((name) => response.headers.get(name));
    const { code, errors } = JSON.parse(content) as { code?: string; errors?: { field: string }[] };
    return {
      status: response.status,
      content,
      kept,
      replayed,
      code,
      fields: errors?.map(({ field }) => field),
    };
  };
  const countOf = async (ownerId: number) => {
    const [row] = await query<{ count: number }>(
      'SELECT count(*)::int AS count FROM posts.posts WHERE owner_id = $1',
      [ownerId],
    );
    return row?.count;
  };
  /** Makes an author's writes wait. */
  const whileHeldUp = <Result>(ownerId: number, work: () => Promise<Result>) =>
    whileLocked('SELECT id FROM posts.authors WHERE id = $1 FOR UPDATE', [ownerId], work);
  /** Sends three at once and waits until two of them are refused; the third is held up. */
  const race = async (token: string) => {
    const refused: unknown[] = [];
    const racing = Array.from({ length: 3 }, async () => {
      const answer = await publish(token, 'key').catch(() => undefined);
      refused.push(answer?.code);
      return answer?.status ?? 'no answer';
    });
    await eventually(() => expect(refused).toEqual(Array(2).fill('idempotency_key_in_use')));
    return { outcomes: Promise.all(racing).then((outcomes) => outcomes.map(String).toSorted()) };
  };
  const newAuthorWithPost = async () => {
    const author = posts.newAuthor();
    await posts.ask('POST', '/posts', { token: author.token, json: text });
    return author;
  };

  beforeAll(async () => {
    posts = await startPosts();
  });
  afterAll(() => posts.stop());

  it('answers a retry byte for byte like the first request, even after a crash, and creates one post', async () => {
    const ann = posts.newAuthor();
    const { replayed, ...first } = await publish(ann.token, 'key');
    expect([first.status, replayed]).toEqual([201, null]);
    expect(first.kept).not.toContain(null);
    await posts.agora.process('posts').end('SIGKILL');
    await posts.agora.process('posts').restart();
    expect(await publish(ann.token, 'key')).toEqual({ ...first, replayed: 'true' });
    expect(await countOf(ann.id)).toBe(1);
  });

  it('answers 404 once the post is deleted, and keeps nothing of its text', async () => {
    const ann = posts.newAuthor();
    const body = JSON.stringify({ title: 'Secret draft', content: 'Nobody should see it', published: false });
    const { content } = await publish(ann.token, 'key', body);
    const { id } = JSON.parse(content) as { id: number };
    expect((await posts.ask('DELETE', `/posts/${id}`, { token: ann.token })).status).toBe(204);
    expect(await publish(ann.token, 'key', body)).toMatchObject({
      status: 404,
      code: 'post_not_found',
      replayed: 'true',
    });
    expect(await countOf(ann.id)).toBe(0);
    const [kept] = await query('SELECT body, headers FROM posts.idempotency_keys WHERE user_id = $1', [
      ann.id,
    ]);
    expect(JSON.stringify(kept)).not.toMatch(/Secret|Nobody/);
  });

  it.each([
    ['invalid', '{"title":""}', 422],
    ['no JSON', '{"title":', 400],
  ])(
    'answers a body that is %s again as at first, with the id of the first request',
    async (_what, body, status) => {
      const ann = posts.newAuthor();
      const { replayed, ...first } = await publish(ann.token, 'key', body);
      expect([first.status, replayed]).toEqual([status, null]);
      expect(await publish(ann.token, 'key', body)).toEqual({ ...first, replayed: 'true' });
      expect((await publish(ann.token, 'key')).code).toBe('idempotency_key_reused');
      expect(await countOf(ann.id)).toBe(0);
    },
  );

  it('refuses a key that was used with another body, valid or not', async () => {
    const ann = posts.newAuthor();
    await publish(ann.token, 'key');
    for (const body of [JSON.stringify({ ...text, title: 'Another' }), '{}', '{']) {
      const { status, code, replayed } = await publish(ann.token, 'key', body);
      expect([status, code, replayed]).toEqual([422, 'idempotency_key_reused', null]);
    }
    expect((await publish(ann.token, 'key')).replayed).toBe('true');
  });

  it('creates one post for twenty concurrent requests', async () => {
    const ann = posts.newAuthor();
    const answers = await Promise.all(Array.from({ length: 20 }, () => publish(ann.token, 'key')));
    const made = answers.filter(({ status }) => status === 201);
    expect(new Set(made.map(({ content }) => content)).size).toBe(1);
    expect(made.filter(({ replayed }) => replayed === null)).toHaveLength(1);
    expect(answers.filter(({ status }) => status !== 201 && status !== 409)).toEqual([]);
    expect(await countOf(ann.id)).toBe(1);
  });

  it('answers 409 at once while the first request is running', async () => {
    const ann = await newAuthorWithPost();
    const { outcomes } = await whileHeldUp(ann.id, () => race(ann.token));
    expect(await outcomes).toEqual(['201', '409', '409']);
  });

  it('accepts a key again when its first request was interrupted', async () => {
    const ann = await newAuthorWithPost();
    const { outcomes } = await whileHeldUp(ann.id, async () => {
      const racing = await race(ann.token);
      await posts.agora.process('posts').end('SIGKILL');
      return racing;
    });
    expect(await outcomes).toEqual(['409', '409', 'no answer']);
    await posts.agora.process('posts').restart();
    // Postgres may take a moment to see that the client of the first transaction is gone.
    await eventually(async () => expect((await publish(ann.token, 'key')).status).toBe(201));
    expect((await publish(ann.token, 'key')).replayed).toBe('true');
    expect(await countOf(ann.id)).toBe(2);
  });

  it('does not keep a refusal that a retry might not get', async () => {
    const id = freshId();
    const token = tokenFor(id);
    expect((await publish(token, 'key')).status).toBe(401);
    await query('INSERT INTO posts.authors (id, email, created_at) VALUES ($1, $2, now())', [
      id,
      `${id}@example.test`,
    ]);
    const { status, replayed } = await publish(token, 'key');
    expect([status, replayed]).toEqual([201, null]);
  });

  it('keeps the keys of different users separate', async () => {
    const answers = await Promise.all(
      [posts.newAuthor(), posts.newAuthor()].map(({ token }) => publish(token, 'key')),
    );
    expect(answers.map(({ status, replayed }) => [status, replayed])).toEqual([
      [201, null],
      [201, null],
    ]);
  });

  it('forgets a key after 24 hours', async () => {
    const ann = posts.newAuthor();
    const age = (hours: number) =>
      query(
        `UPDATE posts.idempotency_keys SET created_at = now() - $2 * interval '1 hour' WHERE user_id = $1`,
        [ann.id, hours],
      );
    const first = await publish(ann.token, 'key');
    await age(23.9);
    expect((await publish(ann.token, 'key')).content).toBe(first.content);
    await age(24);
    const body = JSON.stringify({ ...text, title: 'Another' });
    const next = await publish(ann.token, 'key', body);
    expect([next.status, next.replayed]).toEqual([201, null]);
    expect((await publish(ann.token, 'key', body)).content).toBe(next.content);
  });

  it.each(['', 'x'.repeat(256), 'caf\u00e9', 'a\tb'])('refuses the key %j', async (key) => {
    const ann = posts.newAuthor();
    const { status, fields } = await publish(ann.token, key);
    expect([status, fields, await countOf(ann.id)]).toEqual([422, ['Idempotency-Key'], 0]);
  });

  it.each(['x'.repeat(255), `"${randomUUID()}"`, 'a ~!'])('takes the key %j', async (key) => {
    expect((await publish(posts.newAuthor().token, key)).status).toBe(201);
  });
});
