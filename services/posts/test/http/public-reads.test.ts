import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startPosts, type Posts } from '../start-posts.js';

let posts: Posts;
let author: { id: number; token: string };
let [published, draft] = ['', ''];

beforeAll(async () => {
  posts = await startPosts({ PUBLIC_READS: 'true' });
  author = posts.newAuthor();
  const write = async (isPublished: boolean) => {
    const json = { title: 'Read', content: 'me', published: isPublished };
    return (await posts.ask('POST', '/posts', { token: author.token, json })).headers.get('location') ?? '';
  };
  [published, draft] = [await write(true), await write(false)];
});
afterAll(() => posts.stop());

describe('with PUBLIC_READS', () => {
  it('shows published posts without a token, and drafts to their authors only', async () => {
    expect((await posts.ask('GET', published)).status).toBe(200);
    expect((await posts.ask('GET', draft)).status).toBe(404);
    const { status, body } = await posts.ask('GET', `/feed?owner_id=${author.id}`);
    expect([status, (body as unknown as object[]).length]).toEqual([200, 1]);
    expect((await posts.ask('GET', draft, { token: author.token })).status).toBe(200);
  });

  it('opens the live feed', async () => {
    const { status, headers } = await posts.ask('GET', '/feed/stream');
    expect([status, headers.get('content-type')]).toEqual([200, 'text/event-stream']);
  });

  it('verifies a token that is sent anyway', async () => {
    for (const path of [published, '/feed', '/feed/stream'])
      expect((await posts.ask('GET', path, { token: 'nonsense' })).status).toBe(401);
  });

  it('reports no votes for a reader without an account', async () => {
    const { body } = await posts.ask('GET', `${published}?include=my_vote`);
    expect(body['my_vote']).toBe(false);
  });

  it('continues with a cursor that was issued without a token', async () => {
    await posts.ask('POST', '/posts', { token: author.token, json: { title: 'Two', content: 'more' } });
    const first = await posts.ask('GET', `/feed?owner_id=${author.id}&limit=1`);
    const next = /<(.*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
    expect((await posts.ask('GET', next)).status).toBe(200);
    expect((await posts.ask('GET', next, { token: author.token })).status).toBe(422);
  });

  it("still requires a token for the caller's own data and for writes", async () => {
    for (const [method, path] of [
      ['GET', '/posts'],
      ['POST', '/posts'],
      ['DELETE', published],
      ['POST', '/feed/stream/tickets'],
    ] as const)
      expect((await posts.ask(method, path)).status).toBe(401);
  });
});
