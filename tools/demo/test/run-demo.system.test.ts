import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { runDemo } from '../src/run-demo.js';
import { startFakeAgora, type FakeAgora, type Trouble } from './fake-agora.js';

const running: FakeAgora[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((agora) => agora.stop()));
});

async function startAgora(trouble?: Trouble, countVotes = true): Promise<FakeAgora> {
  const agora = await startFakeAgora(trouble, countVotes);
  running.push(agora);
  return agora;
}

const nobody = async () => false;

async function demo(
  args: string[],
  { stop = new AbortController().signal, isTTY = false, makeModerator = nobody }: DemoOptions = {},
) {
  const out = Object.assign(new PassThrough(), { isTTY, columns: 120, rows: 40 });
  const errors = new PassThrough();
  const code = await runDemo(args, { out, errors, stop, makeModerator });
  const said = (stream: PassThrough) => String(stream.read() ?? '');
  return { code, out: said(out), errors: said(errors) };
}

interface DemoOptions {
  stop?: AbortSignal;
  isTTY?: boolean;
  makeModerator?: (email: string) => Promise<boolean>;
}

const small = ['--users', '6', '--posts', '20', '--votes', '40', '--seed', '7'];
const sorted = (posts: FakeAgora['posts']) =>
  posts.map(({ title, content }) => `${title}\n${content}`).toSorted();

describe('a run', () => {
  it('makes the numbers asked for', async () => {
    const agora = await startAgora();
    const { code, out } = await demo([...small, '--url', agora.url]);
    expect({ code, users: agora.users.size, posts: agora.posts.length, votes: agora.votes.length }).toEqual({
      code: 0,
      users: 6,
      posts: 20,
      votes: 40,
    });
    expect(out).toContain('Made 6 users, 20 posts (2 drafts among them), 40 votes, 6 reports from seed 7.');
    expect(agora.posts.filter(({ published }) => !published)).toHaveLength(2);
  });

  it('votes for a post once as a user, and never for a post of their own', async () => {
    const agora = await startAgora();
    await demo([...small, '--url', agora.url]);
    expect(new Set(agora.votes).size).toBe(40);
    const own = new Set(agora.posts.map(({ id, owner }) => `${owner.name} ${id}`));
    expect(agora.votes.filter((vote) => own.has(vote))).toEqual([]);
  });

  it('says the same from the same seed, as other users', async () => {
    const [one, other] = [await startAgora(), await startAgora()];
    await demo([...small, '--url', one.url]);
    await demo([...small, '--url', other.url]);
    expect(sorted(other.posts)).toEqual(sorted(one.posts));
    expect([...other.users.keys()].filter((email) => one.users.has(email))).toEqual([]);
  });

  it('can be repeated on the same server', async () => {
    const agora = await startAgora();
    await demo([...small, '--url', agora.url]);
    await expect(demo([...small, '--url', agora.url])).resolves.toMatchObject({ code: 0 });
    expect(agora.users.size).toBe(12);
  });

  it('ends with the top five, a login that works and a line to try', async () => {
    const agora = await startAgora();
    const { out } = await demo([...small, '--url', agora.url]);
    const counts = [...out.matchAll(/^ +(\d+) {2}.+\(post \d+\)$/gm)].map(([, votes]) => Number(votes));
    expect(counts).toHaveLength(5);
    expect(counts).toEqual(counts.toSorted((one, two) => two - one));
    const [, email = '', password] = /^Log in: +(\S+)\nPassword: +(\S+)$/m.exec(out) ?? [];
    expect(agora.users.get(email)).toBe(password);
    expect(out).toMatch(/^Try: +curl -s 'http:\S+\/feed\?sort=top' -H /m);
  });

  it('reports posts of others, and says how to look at them as a moderator', async () => {
    const agora = await startAgora();
    const granted: string[] = [];
    const makeModerator = async (email: string) => granted.push(email) > 0;
    const { out } = await demo([...small, '--url', agora.url], { makeModerator });
    expect([agora.reports.length, new Set(agora.reports).size]).toEqual([6, 6]);
    const [, email = '', password] = /^Moderator: (\S+)\nPassword: +(\S+)$/m.exec(out) ?? [];
    expect([granted, agora.users.get(email)]).toEqual([[email], password]);
    expect(out).toMatch(/^Try: +curl -s 'http:\S+\/moderation\/reports' -H /m);
    const { out: without } = await demo([...small, '--url', agora.url]);
    expect(without).toMatch(/^Moderator: none yet; npm run accounts -- grant \S+ moderator makes one/m);
  });

  it('draws a bar for each part on a terminal', async () => {
    const agora = await startAgora();
    const { out } = await demo([...small, '--url', agora.url], { isTTY: true });
    expect(stripVTControlCharacters(out)).toMatch(
      /Users +█{30} 6\/6[^]*Posts +█{30} 20\/20[^]*Votes +█{30} 40\/40/,
    );
  });

  it('says so when the counts do not settle', async () => {
    const agora = await startAgora(undefined, false);
    const { code, out } = await demo(['--users', '2', '--posts', '1', '--votes', '1', '--url', agora.url]);
    expect(code).toBe(0);
    expect(out).toContain('The vote counts of 1 post have not settled within 5 s');
  });
});

describe('a server with troubles', () => {
  it.each([0, 1])('is asked again when it answers 503 with Retry-After: %i', async (retryAfter) => {
    const agora = await startAgora((request) =>
      request % 10 === 0 ? { status: 503, retryAfter } : undefined,
    );
    await expect(demo([...small, '--url', agora.url])).resolves.toMatchObject({ code: 0 });
    expect(agora.requests.length).toBeGreaterThan(80);
    expect([agora.users.size, agora.posts.length, agora.votes.length]).toEqual([6, 20, 40]);
  });

  it('is not asked before its Retry-After is over', async () => {
    const times: number[] = [];
    const agora = await startAgora((_, line) => {
      if (line !== 'POST /users') return undefined;
      return times.push(performance.now()) === 1 ? { status: 429, retryAfter: 1 } : undefined;
    });
    await demo(['--users', '1', '--posts', '0', '--url', agora.url]);
    expect(Number(times[1]) - Number(times[0])).toBeGreaterThan(990);
  });

  it('is given up when it asks for a long wait', async () => {
    const agora = await startAgora((_, line) =>
      line === 'POST /login' ? { status: 429, retryAfter: 900 } : undefined,
    );
    const { code, errors } = await demo([...small, '--url', agora.url]);
    expect({ code, errors }).toEqual({ code: 1, errors: 'POST /login was answered 429: Not now.\n' });
  });

  it.each(['POST /users', 'POST /vote'])(
    'counts a %s once that was done but not answered',
    async (failing) => {
      let failures = 0;
      const agora = await startAgora((_, line) =>
        line === failing && (failures += 1) === 1 ? { status: 502, done: true } : undefined,
      );
      const { out } = await demo([...small, '--url', agora.url]);
      expect(failures).toBeGreaterThan(1);
      expect(out).toContain('Made 6 users, 20 posts (2 drafts among them), 40 votes');
      expect([agora.users.size, new Set(agora.votes).size]).toEqual([6, 40]);
    },
  );

  it('ends the run when it refuses, with what was done until then', async () => {
    const agora = await startAgora((_, line) =>
      line === 'POST /posts' && agora.posts.length >= 5 ? { status: 500 } : undefined,
    );
    const { code, out, errors } = await demo([...small, '--url', agora.url]);
    expect({ code, errors }).toEqual({ code: 1, errors: 'POST /posts was answered 500: Not now.\n' });
    expect(out).toContain('6 users, 5 of 20 posts');
    expect(out).toContain('0 of 40 votes');
  });
});

describe('stopping', () => {
  it('breaks off at once, with what was done until then', async () => {
    const stop = new AbortController();
    const agora = await startAgora(() => {
      if (agora.votes.length >= 10) stop.abort();
      return stop.signal.aborted ? { status: 503, retryAfter: 5 } : undefined;
    });
    const startedAt = performance.now();
    const { code, out, errors } = await demo([...small, '--url', agora.url], { stop: stop.signal });
    expect({ code, errors }).toEqual({ code: 130, errors: 'Stopped.\n' });
    const [, counted, unanswered] =
      /, (\d+) of 40 votes, 0 reports from seed 7\.\nBroken off: (\d+) request/.exec(out) ?? [];
    expect(Number(counted)).toBeLessThanOrEqual(agora.votes.length);
    expect(Number(counted) + Number(unanswered)).toBeGreaterThanOrEqual(agora.votes.length);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
});

describe('without Agora', () => {
  it('says in one line that nothing listens', async () => {
    const agora = await startFakeAgora();
    await agora.stop();
    const { code, out, errors } = await demo(['--url', agora.url]);
    const line = `No Agora answers at ${agora.url}. Start it with npm start.\n`;
    expect({ code, out, errors }).toEqual({ code: 1, out: '', errors: line });
  });

  it('is not taken in by another server', async () => {
    const other = createServer((_, response) => response.end('<h1>It works!</h1>'));
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const { port } = other.address() as AddressInfo;
    const { code, errors } = await demo(['--url', `http://127.0.0.1:${port}`]);
    other.closeAllConnections();
    await new Promise((resolve) => other.close(resolve));
    expect({ code, errors }).toEqual({
      code: 1,
      errors: expect.stringMatching(/^No Agora answers at .*\n$/),
    });
  });
});

describe('arguments', () => {
  it.each([
    ['--users', 'many'],
    ['--users', '-3'],
    ['--users', '501'],
    ['--users', '0'],
    ['--posts', '1.5'],
    ['--votes', '9999999'],
    ['--users', '2', '--posts', '10', '--votes', '10'],
    ['--seed', ''],
    ['--url', 'localhost:8000'],
    ['--url', 'http://ada:secret@127.0.0.1'],
    ['--colour'],
    ['30'],
  ])('are refused in one line: %s %s', async (...args) => {
    const { code, out, errors } = await demo(args);
    expect({ code, out }).toEqual({ code: 2, out: '' });
    expect(errors).toMatch(/^[^\n]+\n$/);
  });

  it('ask for fewer votes when no number is given and so many do not fit', async () => {
    const agora = await startAgora();
    await demo(['--users', '2', '--posts', '3', '--url', agora.url]);
    expect(agora.votes).toHaveLength(3);
  });
});
