import { randomUUID } from 'node:crypto';
import { setTimeout as later } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { postCreated, voteCast } from '@agora/contracts';
import { eventually, freshId, httpClient, testSecret, tokenFor } from '@agora/testing';
import { startOperatedAgora, type OperatedAgora } from './operated-agora.js';

interface Audit {
  left: number;
  quarantined?: string;
  kinds: { kind: string; drift: number; repaired: number; left: number }[];
}

// Audits wait for what is on its way, and everybody waits for a busy machine.
jest.setTimeout(60_000);

let operated: OperatedAgora;
beforeAll(async () => {
  operated = await startOperatedAgora();
}, 120_000);
afterAll(() => operated.stop());

const ask = (service: 'auth' | 'posts' | 'votes') => httpClient(operated.agora.process(service).url);
let people = 0;

/** Somebody whom auth knows, without the cost of a password. */
async function newUser(): Promise<{ id: number; token: string }> {
  const [user] = await operated.sql<{ id: number; key: string }>(
    `INSERT INTO auth.users (email, password_hash) VALUES ($1, 'x') RETURNING id, account_key AS key`,
    [`user-${(people += 1)}@example.test`],
  );
  const id = Number(user?.id);
  return { id, token: tokenFor(id, { account_key: String(user?.key) }) };
}

async function newPost(token: string): Promise<number> {
  const { body } = await ask('posts')('POST', '/posts', { token, json: { title: 'a', content: 'b' } });
  return Number(body.id);
}

const vote = async (token: string, postId: number, dir = 1) =>
  (await ask('votes')('POST', '/vote', { token, json: { post_id: postId, dir } })).status;

/** A busy machine has services refuse some of a crowd, which is no drift. */
const unlessOverloaded = (error: unknown) => {
  if (!String(error).includes('"code":"overloaded"')) throw error;
};

const audit = (service: 'posts' | 'votes', ...args: string[]) =>
  operated.run<Audit>(service, 'audit', '--wait', '0.3', '--json', ...args);

/** What an audit found, by kind, and what it left of it. */
const driftOf = ({ json }: { json: Audit }) =>
  Object.fromEntries(
    json.kinds.filter(({ drift }) => drift > 0).map(({ kind, drift, left }) => [kind, [drift, left]]),
  );

const erasing = (most: number) => ['--erase', '--yes', '--at-most', String(most)];

const votesOn = async (postIds: number[]) => {
  const [row] = await operated.sql<{ votes: number }>(
    'SELECT count(*)::int AS votes FROM votes.votes WHERE post_id = ANY($1)',
    [postIds],
  );
  return row?.votes;
};

const countOf = async (postId: number) => {
  const [post] = await operated.sql<{ votes: number }>('SELECT votes FROM posts.posts WHERE id = $1', [
    postId,
  ]);
  return post?.votes;
};

describe('audit', () => {
  it('finds nothing while users vote, whatever events are pending', async () => {
    const owner = await newUser();
    const posts = await Promise.all([newPost(owner.token), newPost(owner.token)]);
    const voters = await Promise.all(Array.from({ length: 8 }, newUser));
    let isOver = false;
    const voting = voters.map(async ({ token }) => {
      for (let round = 0; !isOver; round += 1)
        for (const post of posts) {
          await vote(token, post, round % 2 === 0 ? 1 : 0).catch(unlessOverloaded);
          await later(20);
        }
    });
    const audits = await Promise.all([audit('posts', '--wait', '2'), audit('votes', '--settle', '2')]);
    isOver = true;
    await Promise.all(voting);
    expect(audits.map(driftOf)).toEqual([{}, {}]);
    expect(audits.map(({ code }) => code)).toEqual([0, 0]);
  });

  it('finds wrong counts, and repairs them', async () => {
    const owner = await newUser();
    const post = await newPost(owner.token);
    expect(await vote(owner.token, post)).toBe(201);
    await eventually(async () => expect(await countOf(post)).toBe(1));
    // No event says anything of its votes.
    const unvoted = await newPost(owner.token);
    await operated.sql('UPDATE posts.posts SET votes = 41 WHERE id = ANY($1)', [[post, unvoted]]);
    const found = await audit('posts');
    expect([found.code, driftOf(found)]).toEqual([1, { vote_counts: [2, 2] }]);
    const metrics = await httpClient(operated.agora.process('posts').internalUrl)('GET', '/metrics');
    expect(metrics.body.content).toMatch(/^audit_drift{kind="vote_counts"} 2$/m);

    const repaired = await audit('posts', '--repair');
    expect([repaired.code, driftOf(repaired)]).toEqual([0, { vote_counts: [2, 0] }]);
    expect(await Promise.all([post, unvoted].map(countOf))).toEqual([1, 0]);
  });

  it('finds what was left of deleted accounts and posts, and sets it aside on request', async () => {
    const [author, voter] = [await newUser(), await newUser()];
    const [kept, lost] = [await newPost(voter.token), await newPost(voter.token)];
    const orphan = await newPost(author.token);
    for (const post of [kept, lost, orphan]) {
      await vote(voter.token, post);
      await vote(author.token, post);
    }
    await eventually(async () => expect([await countOf(kept), await countOf(orphan)]).toEqual([2, 2]));
    await operated.sql('DELETE FROM auth.users WHERE id = $1', [author.id]);
    await operated.sql('DELETE FROM posts.posts WHERE id = $1', [lost]);

    const found = await Promise.all([audit('posts', '--repair'), audit('votes', '--repair')]);
    expect(found.map(driftOf)).toEqual([
      { authors: [1, 1], posts_without_author: [1, 1] },
      { known_posts: [1, 1], voters: [1, 1], votes_without_post: [2, 2], votes_without_voter: [3, 3] },
    ]);
    await audit('posts', ...erasing(10));
    await audit('votes', ...erasing(10));
    await eventually(async () => expect(await countOf(kept)).toBe(1));
    expect(await countOf(orphan)).toBeUndefined();
    expect((await Promise.all([audit('posts'), audit('votes')])).map(driftOf)).toEqual([{}, {}]);
  });

  it('erases nothing when many accounts are missing, as after an older backup of auth', async () => {
    const crowd = await Promise.all(Array.from({ length: 5 }, newUser));
    const posts = (
      await Promise.all(crowd.flatMap(({ token }) => [newPost(token), newPost(token)]))
    ).toSorted((one, other) => one - other);
    for (const { token } of crowd) for (const post of posts.slice(0, 4)) await vote(token, post);
    await eventually(async () => expect(await countOf(posts[0] ?? 0)).toBe(5));
    const lost = crowd.slice(1).map(({ id }) => id);
    await operated.sql('CREATE TABLE auth.aside AS SELECT * FROM auth.users WHERE id = ANY($1)', [lost]);
    await operated.sql('DELETE FROM auth.users WHERE id = ANY($1)', [lost]);
    const rows = () =>
      operated.sql(
        'SELECT (SELECT count(*)::int FROM posts.posts) AS posts, (SELECT count(*)::int FROM votes.votes) AS votes',
      );
    const before = await rows();
    const repaired = await Promise.all([audit('posts', '--repair'), audit('votes', '--repair')]);
    expect(repaired.map(({ code }) => code)).toEqual([1, 1]);
    expect(driftOf(repaired[0])).toMatchObject({ posts_without_author: [8, 8] });
    expect(driftOf(repaired[1])).toMatchObject({ votes_without_voter: [16, 16] });
    for (const service of ['posts', 'votes'] as const) {
      const refused = await audit(service, '--erase', '--yes');
      expect([refused.code, refused.stderr]).toEqual([
        1,
        expect.stringMatching(/rows would be set aside, and at most/),
      ]);
    }
    const unasked = await audit('posts', '--erase', '--at-most', '1000');
    expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('say --yes')]);
    expect(await rows()).toEqual(before);
    await operated.sql('INSERT INTO auth.users OVERRIDING SYSTEM VALUE SELECT * FROM auth.aside');
    await operated.sql('DROP TABLE auth.aside');
    expect((await Promise.all([audit('posts'), audit('votes')])).map(driftOf)).toEqual([{}, {}]);
  });

  it('reports how many rows one account would take along, and restores them all from the quarantine', async () => {
    const [author, voter] = [await newUser(), await newUser()];
    const posts = await Promise.all(Array.from({ length: 12 }, () => newPost(author.token)));
    for (const post of posts) await vote(voter.token, post);
    await vote(author.token, posts[0] ?? 0);
    const counts = async () => Promise.all(posts.map(countOf));
    const full = [2, ...Array<number>(11).fill(1)];
    await eventually(async () => expect(await counts()).toEqual(full));
    const spam = { token: voter.token, json: { reason: 'Spam' } };
    expect((await ask('posts')('POST', `/posts/${posts[0]}/reports`, spam)).status).toBe(201);
    const reports = () => operated.sql('SELECT * FROM posts.reports WHERE post_id = $1', [posts[0]]);
    const reported = await reports();
    const [row] = await operated.sql('DELETE FROM auth.users WHERE id = $1 RETURNING *', [author.id]);

    expect((await audit('posts', '--repair')).code).toBe(1);
    expect(await counts()).toEqual(full);
    const refused = await audit('posts', '--erase', '--yes');
    expect(refused.stderr).toContain(`posts_without_author ${author.id}: 12 rows`);
    const erased = await audit('posts', ...erasing(12));
    expect(erased.code).toBe(0);
    await eventually(async () => expect(await votesOn(posts)).toBe(0));
    const votes = await audit('votes', ...erasing(12));
    expect([...new Set(await counts())]).toEqual([undefined]);
    expect(await reports()).toEqual([]);

    await operated.sql(
      'INSERT INTO auth.users OVERRIDING SYSTEM VALUE SELECT * FROM jsonb_populate_record(NULL::auth.users, $1)',
      [JSON.stringify(row)],
    );
    const restore = (service: 'posts' | 'votes', run: string | undefined, option: string) =>
      operated.run(service, 'quarantine', 'restore', String(run), option);
    const plan = 'posts: 1 authors, 12 posts, 1 reports would be brought back\n';
    expect(await restore('posts', erased.json.quarantined, '--dry-run')).toMatchObject({
      code: 0,
      stdout: plan,
    });
    const unasked = await restore('posts', erased.json.quarantined, '--json');
    expect([unasked.code, unasked.stderr]).toEqual([
      1,
      expect.stringMatching(/^posts: 1 authors.*\n.*say --yes/),
    ]);
    expect([...new Set(await counts())]).toEqual([undefined]);
    for (const [service, { json }] of [
      ['votes', votes],
      ['posts', erased],
    ] as const) {
      if (!json.quarantined) continue;
      const restored = await restore(service, json.quarantined, '--yes');
      expect([restored.code, restored.stdout]).toEqual([0, expect.stringMatching(/are back/)]);
    }
    await eventually(async () => expect(await counts()).toEqual(full));
    expect(await reports()).toEqual(reported);
    expect((await ask('posts')('GET', `/posts/${posts[0]}`, { token: voter.token })).body.owner_id).toBe(
      author.id,
    );
    expect((await Promise.all([audit('posts'), audit('votes')])).map(driftOf)).toEqual([{}, {}]);
    const { json } = await operated.start<{ runs: object[] }>('posts', 'quarantine', 'list', '--json');
    expect(json.runs).not.toContainEqual(expect.objectContaining({ subject: `user ${author.id}` }));
    expect(await newPost(author.token)).toBeGreaterThan(0);
  }, 60_000);

  it('finds votes on drafts of others that were never published, and sets them aside', async () => {
    const [author, stranger] = [await newUser(), await newUser()];
    const json = { title: 'a', content: 'b', published: false };
    const { body } = await ask('posts')('POST', '/posts', { token: author.token, json });
    const draft = Number(body.id);
    expect(await vote(author.token, draft)).toBe(201);
    await operated.sql('INSERT INTO votes.voters (id) VALUES ($1)', [stranger.id]);
    await operated.sql('INSERT INTO votes.votes (post_id, user_id) VALUES ($1, $2)', [draft, stranger.id]);
    expect(driftOf(await audit('votes'))).toEqual({ votes_not_allowed: [1, 1] });
    await audit('votes', ...erasing(1));
    expect(await votesOn([draft])).toBe(1);
    await operated.sql('DELETE FROM votes.outbox WHERE published_at IS NULL');
    await audit('posts', '--repair');
  });

  it('finds wrong projections, and repairs them', async () => {
    const { id, token } = await newUser();
    const post = await newPost(token);
    await vote(token, post);
    await operated.sql(`UPDATE posts.authors SET name = 'other' WHERE id = $1`, [id]);
    await operated.sql('UPDATE votes.known_posts SET owner_id = 1, version = 99 WHERE id = $1', [post]);
    await operated.sql('UPDATE votes.voters SET deleted_at = now() WHERE id = $1', [id]);
    const found = await Promise.all([audit('posts', '--repair'), audit('votes', '--repair')]);
    expect(driftOf(found[0])).toEqual({ authors: [1, 0] });
    expect(driftOf(found[1])).toMatchObject({ known_posts: [1, 0], voters: [1, 0] });
    expect(found.map(({ code }) => code)).toEqual([0, 0]);
  });

  it('finds events that were never applied, and applies them', async () => {
    const owner = await newUser();
    const post = await newPost(owner.token);
    await vote(owner.token, post);
    await eventually(async () => expect(await countOf(post)).toBe(1));
    // As if the broker had lost it.
    const envelope = { specversion: '1.0', id: randomUUID(), source: 'agora/votes', type: voteCast.type };
    const rest = { time: new Date().toISOString(), datacontenttype: 'application/json' };
    await operated.sql('INSERT INTO votes.voters (id) VALUES (99999)');
    await operated.sql('INSERT INTO votes.votes (post_id, user_id) VALUES ($1, 99999)', [post]);
    await operated.sql('INSERT INTO votes.outbox (event_id, envelope, published_at) VALUES ($1, $2, now())', [
      envelope.id,
      JSON.stringify({ ...envelope, ...rest, data: { post_id: post, user_id: 99_999 } }),
    ]);
    expect(driftOf(await audit('posts', '--repair'))).toEqual({ unapplied_events: [1, 0] });
    expect(await countOf(post)).toBe(2);
    await operated.sql('DELETE FROM votes.votes WHERE user_id = 99999');
    await operated.sql('DELETE FROM votes.voters WHERE id = 99999');
    await audit('posts', '--repair');
  });

  it('reports in one line what is wrong with its arguments, and which service gives no answer', async () => {
    const misused = await operated.start('posts', 'audit', '--wait', 'soon');
    expect([misused.code, misused.stderr]).toEqual([2, expect.stringContaining('--wait must be seconds')]);
    await operated.agora.process('auth').end();
    const alone = await audit('votes');
    await operated.agora.process('auth').restart();
    expect([alone.code, alone.stderr]).toEqual([
      1,
      expect.stringMatching(/^votes: audit: http\S+ gives no answer/),
    ]);
  });
});

describe('an id that was given to another account after a failover lost the first', () => {
  const another = async (id: number) => {
    const key = randomUUID();
    await operated.sql('UPDATE auth.users SET account_key = $2 WHERE id = $1', [id, key]);
    return tokenFor(id, { account_key: key });
  };
  const statuses = async (token: string, postId: number) => [
    (await ask('posts')('POST', '/posts', { token, json: { title: 'a', content: 'b' } })).status,
    (await ask('posts')('GET', '/posts', { token })).status,
    await vote(token, postId),
  ];

  it('has nothing of the lost account, whose tokens are refused', async () => {
    const [{ id, token: lost }, other] = [await newUser(), await newUser()];
    const [own, target, next] = [await newPost(lost), await newPost(other.token), await newPost(other.token)];
    const draft = await ask('posts')('POST', '/posts', {
      token: lost,
      json: { title: 'a', content: 'b', published: false },
    });
    expect(await vote(lost, target)).toBe(201);
    const successor = await another(id);
    expect((await ask('posts')('GET', `/posts/${String(draft.body.id)}`, { token: successor })).status).toBe(
      404,
    );
    expect(await statuses(successor, target)).toEqual([201, 200, 201]);
    expect(await statuses(lost, next)).toEqual([401, 401, 401]);
    const { body } = await ask('posts')('GET', '/posts', { token: successor });
    expect(body).toHaveLength(1);
    expect(await countOf(own)).toBeUndefined();
    await eventually(async () => expect(await countOf(target)).toBe(1));
  });

  it('is not locked out by the tombstone of the lost account', async () => {
    const [{ id, token: lost }, other] = [await newUser(), await newUser()];
    const target = await newPost(other.token);
    await newPost(lost);
    await operated.sql('UPDATE posts.authors SET deleted_at = now() WHERE id = $1', [id]);
    await operated.sql('INSERT INTO votes.voters (id, deleted_at) VALUES ($1, now())', [id]);
    expect(await statuses(await another(id), target)).toEqual([201, 200, 201]);
  });
});

describe('dead-letters', () => {
  const unreadable = async () => {
    const before = await letters();
    await operated.courier.deliverRaw(postCreated.type, '{"not":"an event"}');
    return eventually(async () => {
      const fresh = (await letters()).filter((id) => !before.includes(id));
      expect(fresh).toHaveLength(1);
      return String(fresh[0]);
    });
  };
  const letters = async () => {
    const { json } = await operated.run<{ dead_letters: { message_id: string }[] }>(
      'votes',
      'dead-letters',
      'list',
      '--json',
    );
    return json.dead_letters.map(({ message_id: id }) => id);
  };

  it('lists and shows what could not be applied, and keeps what fails again, with its new error', async () => {
    const id = await unreadable();
    const shown = await operated.run<{ body: string }>('votes', 'dead-letters', 'show', id, '--json');
    expect(shown.json.body).toBe('{"not":"an event"}');
    const retried = await operated.run<{ failed: { message_id: string }[] }>(
      'votes',
      'dead-letters',
      'retry',
      '--all',
      '--json',
    );
    expect([retried.code, retried.json.failed.map(({ message_id: each }) => each)]).toEqual([1, [id]]);
    const again = await operated.run<{ attempts: number }>('votes', 'dead-letters', 'show', id, '--json');
    expect(again.json.attempts).toBe(2);
    const unasked = await operated.run('votes', 'dead-letters', 'discard', id);
    expect([unasked.code, unasked.stderr]).toEqual([1, expect.stringContaining('say --yes')]);
    const planned = await operated.run('votes', 'dead-letters', 'discard', '--all', '--dry-run');
    expect([planned.code, planned.stdout]).toEqual([0, expect.stringContaining(`  ${id} `)]);
    expect(await letters()).toEqual([id]);
    expect((await operated.run('votes', 'dead-letters', 'discard', id, '--yes')).code).toBe(0);
    expect(await letters()).toEqual([]);
  });

  it('applies a message once its cause is gone, once', async () => {
    const id = freshId();
    const eventId = randomUUID();
    const state = { post_id: id, owner_id: 1, published: true, version: 1 };
    await operated.sql('ALTER TABLE votes.known_posts ADD CONSTRAINT broken CHECK (id <> ' + id + ')');
    await operated.courier.deliver(postCreated, state, eventId);
    await eventually(async () => expect(await letters()).toEqual([eventId]), 30_000);
    await operated.sql('ALTER TABLE votes.known_posts DROP CONSTRAINT broken');
    const [first, second] = await Promise.all(
      [1, 2].map(() => operated.start('votes', 'dead-letters', 'retry', '--all')),
    );
    expect([first?.code, second?.code]).toEqual([0, 0]);
    expect(await letters()).toEqual([]);
    expect(await operated.sql('SELECT 1 FROM votes.known_posts WHERE id = $1', [id])).toHaveLength(1);
    expect(await operated.sql('SELECT 1 FROM votes.inbox WHERE event_id = $1', [eventId])).toHaveLength(1);
    await operated.sql('DELETE FROM votes.known_posts WHERE id = $1', [id]);
  });

  it('says in one line what is wrong with its arguments', async () => {
    const wrong = [['retry'], ['retry', 'x', '--all'], ['lsit']];
    const ends = await Promise.all(wrong.map((args) => operated.run('votes', 'dead-letters', ...args)));
    expect(ends.map(({ code }) => code)).toEqual([2, 2, 2]);
    const unknown = await operated.run('votes', 'dead-letters', 'show', 'nothing');
    expect([unknown.code, unknown.stderr]).toEqual([
      1,
      'votes: dead-letters: votes has no dead letter nothing\n',
    ]);
  });
});

describe('outbox', () => {
  it('republishes events since a time, without further effect', async () => {
    const owner = await newUser();
    const post = await newPost(owner.token);
    await vote(owner.token, post);
    await eventually(async () => expect(await countOf(post)).toBe(1));
    const republish = ['republish', '--since', '2020-01-01T00:00:00Z'];
    const dry = await operated.run('votes', 'outbox', ...republish, '--dry-run');
    expect([dry.code, dry.stdout]).toEqual([0, expect.stringMatching(/\d events would be published again/)]);
    const { json, code } = await operated.run<{ republished: number }>(
      'votes',
      'outbox',
      ...republish,
      '--json',
    );
    expect(code).toBe(0);
    expect(json.republished).toBeGreaterThan(0);
    await eventually(async () => {
      const status = await operated.run<{ unpublished: number }>('votes', 'outbox', 'status', '--json');
      expect(status.json.unpublished).toBe(0);
    });
    expect(await countOf(post)).toBe(1);
  });

  it('can be read from a position beyond 32 bits, as by an audit', async () => {
    await operated.sql('ALTER TABLE votes.outbox ALTER COLUMN sequence RESTART WITH 10000000000');
    const owner = await newUser();
    const post = await newPost(owner.token);
    await vote(owner.token, post);
    await vote(owner.token, post, 0);
    const askFrom = (after: string) =>
      fetch(`${operated.agora.process('votes').internalUrl}/internal/events?after=${after}`, {
        headers: { authorization: `Bearer ${testSecret}` },
      });
    const events = (await (await askFrom('10000000000')).json()) as { sequence: string }[];
    expect(events.map(({ sequence }) => sequence)).toEqual(['10000000001']);
    expect((await askFrom('9223372036854775807')).status).toBe(200);
    expect((await askFrom('9223372036854775808')).status).toBe(422);
    expect(driftOf(await audit('posts'))).toEqual({});
  });

  it('says in one line what is wrong with its arguments', async () => {
    const wrong = [['republish'], ['republish', '--since', '2026-01-01']];
    const ends = await Promise.all(wrong.map((args) => operated.run('auth', 'outbox', ...args)));
    expect(ends.map(({ code }) => code)).toEqual([2, 2]);
    const help = await operated.start('auth', 'outbox', '--help');
    expect([help.code, help.stdout]).toEqual([0, expect.stringMatching(/^Usage: npm run outbox/)]);
  });
});

describe('projections', () => {
  it('are rebuilt from their owners, including missing rows', async () => {
    const { id, token } = await newUser();
    const [voted, forgotten] = [await newPost(token), await newPost(token)];
    await vote(token, voted);
    await eventually(async () =>
      expect(await operated.sql('SELECT 1 FROM votes.known_posts WHERE id = $1', [forgotten])).toHaveLength(
        1,
      ),
    );
    await operated.sql('DELETE FROM votes.known_posts WHERE id = $1', [forgotten]);
    await operated.sql('UPDATE votes.known_posts SET published = NOT published, version = 7 WHERE id = $1', [
      voted,
    ]);
    await operated.sql(`UPDATE posts.authors SET name = 'other' WHERE id = $1`, [id]);
    const votes = await operated.run<{ rebuilt: object[] }>('votes', 'projections', 'rebuild', '--json');
    expect(votes.json.rebuilt[0]).toMatchObject({ projection: 'known_posts', upserted: 1, corrected: 1 });
    const dry = await operated.run<{ rebuilt: object[] }>(
      'posts',
      'projections',
      'rebuild',
      '--dry-run',
      '--json',
    );
    expect(dry.json.rebuilt).toEqual([expect.objectContaining({ corrected: 1 })]);
    const posts = await operated.start<{ rebuilt: object[] }>('posts', 'projections', 'rebuild', '--json');
    expect(posts.json.rebuilt).toEqual([expect.objectContaining({ projection: 'authors', corrected: 1 })]);
    expect((await Promise.all([audit('posts'), audit('votes')])).map(driftOf)).toEqual([{}, {}]);
  });
});
