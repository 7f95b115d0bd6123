import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import {
  httpClient,
  join,
  query,
  startAgora,
  type Agora,
  type HttpClient,
  type Person,
} from '@agora/testing';

let agora: Agora;
let ask: HttpClient;
let ann: Person;

beforeAll(async () => {
  agora = await startAgora(['auth', 'posts', 'votes']);
  ask = httpClient(agora.process('auth').url);
  ann = await join(ask);
}, 120_000);
afterAll(() => agora.stop());

const askPosts: HttpClient = (...given) => httpClient(agora.process('posts').url)(...given);
const exportOf = ({ token }: Person) => ask('GET', '/users/me/export', { token });

describe('GET /users/me/export', () => {
  it('contains the account, its sessions, its posts with drafts and its votes, and nothing of others', async () => {
    const ben = await join(ask);
    const write = async (person: Person, published: boolean) => {
      const json = { title: 'T', content: 'C', published };
      return (await askPosts('POST', '/posts', { token: person.token, json })).body;
    };
    const own = [await write(ann, true), await write(ann, false)];
    const other = await write(ben, true);
    for (const { id } of [own[0] ?? {}, other]) {
      const json = { post_id: id, dir: 1 };
      await httpClient(agora.process('votes').url)('POST', '/vote', { token: ann.token, json });
    }
    const { status, headers, body } = await exportOf(ann);
    expect([status, headers.get('content-disposition')]).toEqual([
      200,
      `attachment; filename="agora-${ann.id}.json"`,
    ]);
    const me = await ask('GET', '/users/me', { token: ann.token });
    const sessions = await ask('GET', '/sessions', { token: ann.token });
    expect(body).toEqual({
      account: me.body,
      sessions: sessions.body,
      posts: own.map((post) =>
        expect.objectContaining({ id: post.id, published: post.published, title: 'T' }),
      ),
      votes: [own[0], other].map((post) => ({ post_id: post?.id, created_at: expect.any(String) })),
    });
  });

  it('is complete over many pages', async () => {
    const ben = await join(ask);
    await askPosts('POST', '/posts', { token: ben.token, json: { title: 'T', content: 'C' } });
    await query(
      `INSERT INTO posts.posts (owner_id, title, content, published)
       SELECT $1, 'Number ' || n, repeat('c', 1000), true FROM generate_series(1, 2_049) AS n`,
      [ben.id],
    );
    const { body } = await exportOf(ben);
    const ids = (body.posts as { id: number }[]).map(({ id }) => id);
    expect(ids).toHaveLength(2_050);
    expect(ids).toEqual([...new Set(ids)].toSorted((one, next) => one - next));
    await query('DELETE FROM posts.posts WHERE owner_id = $1', [ben.id]);
  });

  it('is refused without a token, and while a service is away', async () => {
    expect((await ask('GET', '/users/me/export')).status).toBe(401);
    expect((await ask('HEAD', '/users/me/export', { token: ann.token })).status).toBe(200);
    await agora.process('votes').end();
    const { status, body } = await exportOf(ann);
    expect([status, body.code]).toEqual([503, 'unavailable']);
    await agora.process('votes').restart();
    expect((await exportOf(ann)).status).toBe(200);
  });
});
