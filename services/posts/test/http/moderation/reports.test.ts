import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { accountModerated, userDeleted } from '@agora/contracts';
import {
  beforeCommit,
  currentStack,
  eventually,
  freshId,
  openCourier,
  query,
  tokenFor,
  untilLocked,
  type Answer,
  type Courier,
} from '@agora/testing';
import pg from 'pg';
import { startPosts, type Posts } from '../../start-posts.js';

let posts: Posts;
let courier: Courier;
const moderatorId = freshId();
const moderator = tokenFor(moderatorId, { role: 'moderator' });

beforeAll(async () => {
  [posts, courier] = await Promise.all([startPosts(), openCourier()]);
});
afterAll(async () => {
  await courier.close();
  await posts.stop();
});

const reason = 'It advertises a shop.';
const write = async (json: object = {}) => {
  const owner = posts.newAuthor();
  const body = { title: 'T', content: 'C', ...json };
  const answer = await posts.ask('POST', '/posts', { token: owner.token, json: body });
  return { id: Number(answer.body.id), owner };
};
const report = (postId: number | string, token: string, json: object = { reason }) =>
  posts.ask('POST', `/posts/${postId}/reports`, { token, json });
const rowsOf = ({ body }: Answer) => body as unknown as Record<string, unknown>[];
/** All rows of a list that are about a post. */
async function about(path: string, key: 'post_id' | 'user_id', id: number) {
  const found: Record<string, unknown>[] = [];
  for (let next = `${path}?limit=100`; next;) {
    const answer = await posts.ask('GET', next, { token: moderator });
    expect(answer.status).toBe(200);
    found.push(...rowsOf(answer).filter((row) => row[key] === id));
    next = /^<(.*)>; rel="next"$/.exec(answer.headers.get('link') ?? '')?.[1] ?? '';
  }
  return found;
}

describe('reports', () => {
  it('are listed for moderators until dismissed, and can then be made again', async () => {
    const { id, owner } = await write();
    const reporter = freshId();
    const token = tokenFor(reporter);
    expect([(await report(id, token)).status, (await report(id, owner.token)).status]).toEqual([201, 201]);
    const again = await report(id, token);
    expect([again.status, again.body.code]).toEqual([409, 'already_reported']);
    const listed = await about('/moderation/reports', 'post_id', id);
    expect(listed).toMatchObject([
      { reporter_id: owner.id, reason },
      { id: expect.any(Number), post_id: id, reporter_id: reporter, reason, created_at: expect.any(String) },
    ]);
    const dismiss = () =>
      posts.ask('DELETE', `/moderation/reports/${Number(listed[1]?.id)}`, { token: moderator });
    expect([(await dismiss()).status, (await dismiss()).status]).toEqual([204, 404]);
    expect(await about('/moderation/reports', 'post_id', id)).toMatchObject([{ reporter_id: owner.id }]);
    expect(await about('/moderation/log', 'post_id', id)).toMatchObject([
      { action: 'report-settled', actor_id: moderatorId, user_id: null, reason: null },
    ]);
    expect((await report(id, token)).status).toBe(201);
  });

  it('are all resolved by a removal, and deleted with their post or reporter', async () => {
    const [removed, deleted, kept] = [await write(), await write(), await write()];
    const reporter = freshId();
    for (const { id } of [removed, deleted, kept]) await report(id, tokenFor(reporter));
    await posts.ask('PUT', `/posts/${removed.id}/removal`, { token: moderator, json: { reason } });
    await posts.ask('DELETE', `/posts/${deleted.id}`, { token: deleted.owner.token });
    for (const { id } of [removed, deleted])
      expect(await about('/moderation/reports', 'post_id', id)).toEqual([]);
    await courier.deliver(userDeleted, { user_id: reporter });
    await eventually(async () => expect(await about('/moderation/reports', 'post_id', kept.id)).toEqual([]));
  });

  it('are refused for a post that is being deleted', async () => {
    const { id } = await write();
    let reported: Promise<Answer> | undefined;
    await beforeCommit('DELETE FROM posts.posts WHERE id = $1', [id], async () => {
      reported = report(id, tokenFor(freshId()));
      await untilLocked('posts', 'INSERT INTO reports');
    });
    expect((await reported)?.status).toBe(404);
  });

  it('are refused for a post that the reporter may not see, and without a valid reason', async () => {
    const draft = await write({ published: false });
    const token = tokenFor(freshId());
    expect((await report(draft.id, token)).status).toBe(404);
    expect((await report(draft.id, draft.owner.token)).status).toBe(201);
    expect((await report(2_147_483_647, token, {})).status).toBe(404);
    const shown = await write();
    for (const bad of [{}, { reason: '' }, { reason: 'x'.repeat(501) }])
      expect((await report(shown.id, token, bad)).body.errors).toMatchObject([{ field: 'reason' }]);
    expect((await report('x', token)).status).toBe(422);
  });

  it("are refused from a lost account whose id is another's by now", async () => {
    const [{ id: postId }, { id }, key] = [await write(), posts.newAuthor(), randomUUID()];
    posts.change(id, { account_key: key });
    const token = tokenFor(id, { account_key: key });
    await posts.ask('POST', '/posts', { token, json: { title: 'T', content: 'C' } });
    const refused = await report(postId, tokenFor(id, { account_key: randomUUID() }));
    expect([refused.status, refused.body.code]).toEqual([401, 'invalid_token']);
    expect((await report(postId, token)).status).toBe(201);
    const successorKey = randomUUID();
    posts.change(id, { account_key: successorKey });
    const { id: other } = await write();
    expect((await report(other, tokenFor(id, { account_key: successorKey }))).status).toBe(201);
    expect((await report(other, token)).status).toBe(401);
  });
});

describe('the lists of moderators', () => {
  const paths = ['/moderation/reports', '/moderation/log'];

  it("are refused to everybody else, and with somebody else's cursor", async () => {
    const { id } = await write();
    for (let made = 0; made < 2; made += 1) await report(id, tokenFor(freshId()));
    for (const action of ['PUT', 'DELETE'])
      await posts.ask(action, `/posts/${id}/removal`, { token: moderator, json: { reason } });
    await Promise.all([write(), write()].map(async (post) => report((await post).id, tokenFor(freshId()))));
    for (const path of paths) {
      const refused = await posts.ask('GET', `${path}?limit=x`, { token: tokenFor(freshId()) });
      expect([refused.status, refused.body.code]).toEqual([403, 'not_allowed']);
      expect((await posts.ask('GET', path)).status).toBe(401);
      const first = await posts.ask('GET', `${path}?limit=1`, { token: moderator });
      const next = /^<(.*)>/.exec(first.headers.get('link') ?? '')?.[1] ?? '';
      expect((await posts.ask('GET', next, { token: moderator })).status).toBe(200);
      const other = paths.find((each) => each !== path) ?? '';
      expect((await posts.ask('GET', next.replace(path, other), { token: moderator })).status).toBe(422);
      const colleague = tokenFor(freshId(), { role: 'admin' });
      expect((await posts.ask('GET', next, { token: colleague })).status).toBe(422);
    }
    const refused = await posts.ask('DELETE', '/moderation/reports/x', { token: tokenFor(freshId()) });
    expect(refused.status).toBe(403);
  });

  it('show each row once, newest first, whatever is added meanwhile', async () => {
    const { id } = await write();
    for (let made = 0; made < 5; made += 1) await report(id, tokenFor(freshId()));
    const seen: unknown[] = [];
    for (let path = '/moderation/reports?limit=2'; path && seen.length < 5;) {
      const answer = await posts.ask('GET', path, { token: moderator });
      seen.push(
        ...rowsOf(answer)
          .filter((row) => row.post_id === id)
          .map((row) => row.id),
      );
      path = /^<(.*)>/.exec(answer.headers.get('link') ?? '')?.[1] ?? '';
      await report((await write()).id, tokenFor(freshId()));
    }
    expect(new Set(seen).size).toBe(5);
    expect(seen).toEqual(seen.toSorted((one, other) => Number(other) - Number(one)));
  });
});

describe('the moderation log', () => {
  /** The status of an act on a post that the log does not take. */
  async function unlogged(postId: number, act: () => Promise<Answer>): Promise<number> {
    const constraint = 'CONSTRAINT moderation_log_is_full';
    await query(`ALTER TABLE posts.moderation_log ADD ${constraint} CHECK (post_id <> ${postId}) NOT VALID`);
    const { status } = await act();
    await query(`ALTER TABLE posts.moderation_log DROP ${constraint}`);
    return status;
  }

  it('says who removed and restored a post, and why', async () => {
    const { id } = await write();
    await posts.ask('PUT', `/posts/${id}/removal`, { token: moderator, json: { reason } });
    await posts.ask('DELETE', `/posts/${id}/removal`, { token: moderator });
    const common = { actor_id: moderatorId, post_id: id, user_id: null, created_at: expect.any(String) };
    expect(await about('/moderation/log', 'post_id', id)).toEqual([
      { ...common, id: expect.any(Number), action: 'post-restored', reason: null },
      { ...common, id: expect.any(Number), action: 'post-removed', reason },
    ]);
  });

  it('has each act, or the act is not done', async () => {
    const { id } = await write();
    const status = async () =>
      (await posts.ask('GET', `/posts/${id}`, { token: tokenFor(freshId()) })).status;
    const removal = (method: string) =>
      posts.ask(method, `/posts/${id}/removal`, { token: moderator, json: { reason } });
    const reported = (await report(id, tokenFor(freshId()))).body.id as number;
    const dismiss = () => posts.ask('DELETE', `/moderation/reports/${reported}`, { token: moderator });
    expect(await unlogged(id, dismiss)).toBe(500);
    expect(await about('/moderation/reports', 'post_id', id)).toMatchObject([{ id: reported }]);
    expect(await unlogged(id, () => removal('PUT'))).toBe(500);
    expect(await status()).toBe(200);
    expect((await removal('PUT')).status).toBe(204);
    expect(await unlogged(id, () => removal('DELETE'))).toBe(500);
    expect(await status()).toBe(404);
  });

  it('includes the acts recorded by auth, each once', async () => {
    const [userId, key] = [
      freshId(),
      '5f1c6d0b-e9a2-4733-95e0-c7d19b42f8a6'.replace(/^.{8}/, () => freshId().toString(16).padStart(8, '0')),
    ];
    const act = {
      act_key: key,
      actor_id: null,
      action: 'user-banned',
      user_id: userId,
      reason,
      acted_at: '2026-01-02T03:04:05.678Z',
    };
    await courier.deliver(accountModerated, act);
    await courier.deliver(accountModerated, act);
    const expected = {
      action: 'user-banned',
      actor_id: null,
      post_id: null,
      reason,
      created_at: act.acted_at,
    };
    await eventually(async () =>
      expect(await about('/moderation/log', 'user_id', userId)).toMatchObject([expected]),
    );
  });

  it('cannot be changed by any database role', async () => {
    await posts.ask('PUT', `/posts/${(await write()).id}/removal`, { token: moderator, json: { reason } });
    const { postgres, worker, databasePasswords } = currentStack();
    const roles = [
      { user: 'posts_app', password: databasePasswords.posts.app },
      { user: 'posts_migrator', password: databasePasswords.posts.migrator },
    ];
    const statements = [
      'UPDATE moderation_log SET reason = NULL',
      'DELETE FROM moderation_log',
      'TRUNCATE moderation_log',
    ];
    for (const role of roles) {
      const client = new pg.Client({
        host: postgres.host,
        port: postgres.port,
        database: worker.database,
        ...role,
      });
      await client.connect();
      for (const statement of statements)
        await expect(client.query(statement)).rejects.toMatchObject({ code: '42501' });
      await client.end();
    }
    for (const statement of statements)
      await expect(query(statement.replace('moderation_log', 'posts.moderation_log'))).rejects.toMatchObject({
        code: '42501',
      });
  });
});
