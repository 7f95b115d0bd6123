import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { setTimeout as later } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  eventually,
  httpClient,
  join,
  openCourier,
  query,
  reachAgora,
  tokenFor,
  type HttpClient,
  type Person,
  type ReachedAgora,
} from '@agora/testing';
import { itInside } from './it-inside.js';
import { listen, type Listener, type LiveEvent } from './listen.js';

let agora: ReachedAgora;
let ask: HttpClient;
let author: Person;
let reader: Person;
const listeners: Listener[] = [];

beforeAll(async () => {
  agora = await reachAgora(['auth', 'posts', 'votes', 'gateway']);
  ask = httpClient(agora.origin);
  [author, reader] = await Promise.all([join(ask), join(ask)]);
}, 120_000);
afterEach(() => {
  for (const listener of listeners.splice(0)) listener.close();
});
afterAll(() => agora.stop());

async function open(lastEventId?: string, token = reader.token): Promise<Listener> {
  const listener = await listen(agora.origin, { token, ...(lastEventId && { lastEventId }) });
  listeners.push(listener);
  return listener;
}

const publish = async (fields: object = {}): Promise<number> => {
  const json = { title: 'post', content: 'anything', ...fields };
  return Number((await ask('POST', '/posts', { token: author.token, json })).body.id);
};
const rewrite = (id: number, fields: object = {}) =>
  ask('PUT', `/posts/${id}`, { token: author.token, json: { title: 'new', content: 'anything', ...fields } });
const remove = (id: number, token = author.token) => ask('DELETE', `/posts/${id}`, { token });
const vote = (id: number, { token }: Person, dir = 1) =>
  ask('POST', '/vote', { token, json: { post_id: id, dir } });

/** The events received about a post, with the title or the count. */
const changesOf = ({ events }: Listener, id: number): string[] =>
  events.filter(({ data }) => data.id === id).map(describeEvent);

const describeEvent = ({ event, data }: LiveEvent): string =>
  [event, data.title ?? (event === 'votes' ? data.votes : undefined)]
    .filter((part): part is string | number => part !== undefined)
    .join(' ');

const received = (listener: Listener, id: number, changes: string[], milliseconds?: number) =>
  eventually(() => expect(changesOf(listener, id)).toEqual(changes), milliseconds);

describe('the live feed', () => {
  it('sends what happens to published posts and nothing about drafts', async () => {
    const listener = await open();
    const [post, draft, secret] = [
      await publish(),
      await publish({ published: false }),
      await publish({ published: false }),
    ];
    await received(listener, post, ['post-published post']);
    await rewrite(secret, { published: false });
    await remove(secret);
    await rewrite(post);
    await received(listener, post, ['post-published post', 'post-changed new']);
    await vote(post, reader);
    await rewrite(draft, { title: 'now' });
    await received(listener, draft, ['post-published now']);
    await rewrite(draft, { published: false });
    await vote(draft, author);
    await received(listener, draft, ['post-published now', 'post-deleted']);
    await received(listener, post, ['post-published post', 'post-changed new', 'votes 1']);
    await remove(post);
    await received(listener, post, ['post-published post', 'post-changed new', 'votes 1', 'post-deleted']);
    expect(changesOf(listener, secret)).toEqual([]);
    const shown = listener.events.find(({ data }) => data.id === post);
    expect(shown?.data).toMatchObject({
      owner_id: author.id,
      owner: { id: author.id, name: `user_${author.id}` },
      votes: 0,
    });
    expect(listener.events.every(({ id }) => id !== '')).toBe(true);
  });

  it("sends the removal of a deleted user's posts and votes", async () => {
    const leaver = await join(ask);
    const listener = await open();
    const kept = await publish();
    const json = { title: 'post', content: 'anything' };
    const gone = Number((await ask('POST', '/posts', { token: leaver.token, json })).body.id);
    await vote(kept, leaver);
    await received(listener, gone, ['post-published post']);
    await received(listener, kept, ['post-published post', 'votes 1']);
    await ask('DELETE', '/users/me', { token: leaver.token });
    await received(listener, gone, ['post-published post', 'post-deleted']);
    await received(listener, kept, ['post-published post', 'votes 1', 'votes 0']);
    expect(listener.events.map(({ event }) => event)).not.toContain('reset');
  });

  itInside('sends a new name, a removal and its reversal within 2 s', async () => {
    const [writer, moderator] = await Promise.all([join(ask), join(ask)]);
    await query(`UPDATE auth.users SET role = 'moderator' WHERE id = $1`, [moderator.id]);
    const form = { username: moderator.email, password: moderator.password };
    const token = String((await ask('POST', '/login', { form })).body.access_token);
    const listener = await open();
    const json = { title: 'post', content: 'anything' };
    const id = Number((await ask('POST', '/posts', { token: writer.token, json })).body.id);
    const changes = ['post-published post', 'post-changed post', 'post-deleted', 'post-published post'];
    await received(listener, id, changes.slice(0, 1));
    const name = `name_of_${writer.id}`;
    await ask('PATCH', '/users/me', { token: writer.token, json: { name } });
    await received(listener, id, changes.slice(0, 2), 2_000);
    await ask('PUT', `/posts/${id}/removal`, { token, json: { reason: 'Spam.' } });
    await received(listener, id, changes.slice(0, 3), 2_000);
    await ask('DELETE', `/posts/${id}/removal`, { token });
    await received(listener, id, changes, 2_000);
    for (const { data } of listener.events
      .filter(({ event, data: of }) => event !== 'post-deleted' && of.id === id)
      .slice(1))
      expect(data.owner).toMatchObject({ name });
  });

  it('starts with the time to reconnect after, and sends heartbeats that end no event', async () => {
    const listener = await open();
    const id = await publish();
    await received(listener, id, ['post-published post']);
    const [firstBlock] = listener.text().split('\n\n');
    expect(firstBlock).toMatch(/^retry: \d+\n: .+\n/);
    // @microsoft/fetch-event-source reports an event at every empty line.
    const blocks = listener.text().split('\n\n').slice(0, -1);
    expect(blocks.filter((block) => !/^data: \S/m.test(block))).toEqual([]);
  });

  it('answers a HEAD with its headers and ends', async () => {
    const { status, headers } = await ask('HEAD', '/feed/stream', { token: reader.token });
    expect(status).toBe(200);
    expect(Object.fromEntries(headers)).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'private, no-store',
      'x-accel-buffering': 'no',
    });
  });
});

describe('a stream', () => {
  const acts: [string, (person: Person) => Promise<unknown>][] = [
    ['logging out', ({ token }) => ask('POST', '/logout', { token })],
    ['deleting the account', ({ token }) => ask('DELETE', '/users/me', { token })],
  ];
  it.each(acts)('ends within 2 s of %s', async (_name, act) => {
    const person = await join(ask);
    const listener = await open(undefined, person.token);
    await act(person);
    expect(await within(2_000, listener.ended)).toBe('whole');
    expect((await open(undefined, person.token)).status).toBe(401);
  });

  itInside('ends within 2 s after its token is revoked or expires', async () => {
    const listener = await open(undefined, tokenFor(reader.id, { expiresIn: 1 }));
    expect(await within(3_000, listener.ended)).toBe('whole');
  });

  itInside(
    'whose client does not read is dropped',
    async () => {
      const { url, internalUrl } = agora.process('posts');
      const openStreams = async () =>
        Number(/^live_streams (\d+)$/m.exec(await (await fetch(`${internalUrl}/metrics`)).text())?.[1]);
      const idle = request(`${url}/feed/stream`, {
        headers: { Authorization: `Bearer ${reader.token}` },
      }).end();
      idle.on('error', () => undefined);
      const [answer] = (await once(idle, 'response')) as [IncomingMessage];
      answer.on('error', () => undefined).pause();
      expect(await openStreams()).toBe(1);
      const content = '\u{1f600}'.repeat(20_000);
      const write = httpClient(url);
      const posts = await Promise.all(Array.from({ length: 8 }, () => publish()));
      for (let rounds = 0; rounds < 60 && (await openStreams()) > 0; rounds += 1) {
        const json = { title: 'large', content };
        await Promise.all(posts.map((id) => write('PUT', `/posts/${id}`, { token: author.token, json })));
      }
      expect(await openStreams()).toBe(0);
      idle.destroy();
    },
    30_000,
  );
});

describe('a ticket', () => {
  const ticketOf = async ({ token }: Person) => {
    const { status, body } = await ask('POST', '/feed/stream/tickets', { token });
    expect([status, Object.keys(body)]).toEqual([201, ['ticket']]);
    return String(body['ticket']);
  };
  const openWith = async (ticket: string) => {
    const listener = await listen(agora.origin, { ticket });
    listeners.push(listener);
    return listener;
  };

  it('opens one stream without a token', async () => {
    const ticket = await ticketOf(reader);
    // 256 bits in base64url.
    expect(ticket).toMatch(/^[\w-]{43}$/);
    expect((await ask('HEAD', `/feed/stream?ticket=${ticket}`)).status).toBe(200);
    const listener = await openWith(ticket);
    await received(listener, await publish(), ['post-published post']);
    const again = await ask('GET', `/feed/stream?ticket=${ticket}`);
    expect([again.status, again.body.code]).toEqual([401, 'invalid_token']);
    expect(again.headers.get('www-authenticate')).toMatch(/^Bearer .*error="invalid_token"$/);
  });

  it('opens only one of ten concurrent streams', async () => {
    const ticket = await ticketOf(reader);
    const opened = await Promise.all(Array.from({ length: 10 }, () => openWith(ticket)));
    expect(opened.filter(({ status }) => status === 200)).toHaveLength(1);
    expect(opened.filter(({ status }) => status === 401)).toHaveLength(9);
  });

  it.each(['/feed', '/posts', '/users/me', '/vote'])('is worth nothing at %s', async (path) => {
    const ticket = await ticketOf(reader);
    expect((await ask('GET', `${path}?ticket=${ticket}`)).status).toBe(401);
    expect((await ask('GET', path, { token: ticket })).status).toBe(401);
  });

  it.each(['', 'x', 'x'.repeat(43), 'é'])('that is %j opens nothing', async (ticket) => {
    expect((await ask('GET', `/feed/stream?ticket=${encodeURIComponent(ticket)}`)).status).toBe(401);
  });

  it("ends its stream within 2 s of its session's end, and opens none after it", async () => {
    const person = await join(ask);
    const [used, unused] = [await ticketOf(person), await ticketOf(person)];
    const listener = await openWith(used);
    await ask('POST', '/logout', { token: person.token });
    expect(await within(2_000, listener.ended)).toBe('whole');
    expect((await openWith(unused)).status).toBe(401);
  });

  itInside('is stored only as a digest for 60 s, kept by no process, and never logged', async () => {
    const [old, kept] = [await ticketOf(reader), await ticketOf(reader)];
    const digest = createHash('sha256').update(old).digest();
    const changed = await query(
      `UPDATE posts.stream_tickets SET expires_at = expires_at - interval '60 seconds' WHERE digest = $1 RETURNING 1`,
      [digest],
    );
    expect(changed).toHaveLength(1);
    expect((await openWith(old)).status).toBe(401);
    await agora.process('posts').end();
    await agora.process('posts').restart();
    await eventually(async () =>
      expect((await ask('GET', '/feed', { token: reader.token })).status).toBe(200),
    );
    const listener = await openWith(kept);
    expect(listener.status).toBe(200);
    const rows = await query(`SELECT t::text AS row FROM posts.stream_tickets t`);
    const logs = (['gateway', 'posts'] as const).map((name) => agora.process(name).log()).join('');
    expect(JSON.stringify(rows) + logs).not.toContain(kept);
  });
});

describe('a client that reconnects with the id of its last event', () => {
  itInside(
    'has the right state in the end, whatever was restarted',
    async () => {
      const state = new Map<unknown, LiveEvent['data']>();
      let listener = await open();
      let applied = 0;
      const apply = () => {
        for (const { event, data } of listener.events.slice(applied)) {
          if (event === 'reset') throw new Error('it should have received every event');
          if (event === 'post-deleted') state.delete(data.id);
          else if (event !== 'votes') state.set(data.id, data);
          else if (state.has(data.id)) state.set(data.id, { ...state.get(data.id), ...data });
        }
        applied = listener.events.length;
      };
      const comeBack = async () => {
        apply();
        const from = listener.lastEventId();
        applied = 0;
        listener = await eventually(async () => {
          const next = await open(from);
          expect(next.status).toBe(200);
          return next;
        });
      };
      const posts = await Promise.all(
        Array.from({ length: 6 }, (_, index) => publish({ published: index % 3 > 0 })),
      );
      const [first = 0, second = 0, third = 0, ...others] = posts;
      await received(listener, second, ['post-published post']);

      const stopping = performance.now();
      await agora.process('posts').end();
      expect(performance.now() - stopping).toBeLessThan(2_000);
      expect(await listener.ended).toBe('whole');
      await vote(second, reader);
      await agora.process('posts').restart();
      await Promise.all([vote(second, author), rewrite(first), rewrite(third, { published: false })]);
      await comeBack();
      await Promise.all(others.map((id) => vote(id, reader)));

      await agora.process('posts').end('SIGKILL');
      expect(await listener.ended).toBe('broken');
      await agora.process('posts').restart();
      await Promise.all([vote(second, reader, 0), rewrite(third), publish()]);
      await comeBack();

      const [direct, casting] = [
        httpClient(agora.process('posts').url),
        httpClient(agora.process('votes').url),
      ];
      const restarting = agora.process('gateway').end();
      expect(await listener.ended).toBe('whole');
      await Promise.all([
        direct('DELETE', `/posts/${others[0]}`, { token: author.token }),
        casting('POST', '/vote', { token: author.token, json: { post_id: first, dir: 1 } }),
      ]);
      await restarting;
      await agora.process('gateway').restart();
      await comeBack();

      const known = [...posts, ...[...state.keys()].map(Number)];
      await eventually(async () => {
        apply();
        for (const id of new Set(known)) {
          const { status, body } = await ask('GET', `/posts/${id}`, { token: reader.token });
          expect(state.get(id)).toEqual(status === 200 ? body : undefined);
        }
      });
    },
    60_000,
  );

  it('starts from now with one reset when the id is unknown', async () => {
    const first = await open();
    const before = await publish();
    await received(first, before, ['post-published post']);
    for (const id of ['nonsense', '1.00000000-1.00000000', '999999999.00000000-0.00000000']) {
      const listener = await open(id);
      const after = await publish();
      await received(listener, after, ['post-published post']);
      expect(listener.events.findLastIndex(({ event }) => event === 'reset')).toBe(0);
      expect(changesOf(listener, before)).toEqual([]);
    }
  });

  itInside(
    'receives a reset when a stream was lost, as do clients that are connected',
    async () => {
      const listener = await open();
      await received(listener, await publish(), ['post-published post']);
      const id = listener.lastEventId();
      const courier = await openCourier();
      await courier.loseStream('posts');
      await courier.close();
      // Publishing finds out, and recreates the stream.
      await publish();
      await eventually(() => expect(listener.events.map(({ event }) => event)).toContain('reset'));
      const post = await publish();
      await received(listener, post, ['post-published post']);
      const back = await open(id);
      await eventually(() => expect(back.events.at(0)?.event).toBe('reset'));
    },
    40_000,
  );
});

const within = <Result>(milliseconds: number, promise: Promise<Result>) =>
  Promise.race([promise, later(milliseconds, 'late' as const)]);
