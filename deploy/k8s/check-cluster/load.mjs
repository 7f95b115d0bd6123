import { randomBytes, randomInt } from 'node:crypto';
import { Agent, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const password = 'correct horse battery staple 42';

/**
 * Accounts that read, write and vote over kept connections: 40 % of the requests read the feed, 20 % a post, 10 % the account; 15 % write posts,
 * 15 % vote.
 */
export async function createLoad(origin) {
  // Connections that idle are closed by clients before a process that stops does: it goes on for SHUTDOWN_NOTICE_SECONDS (3).
  const agent = new Agent({ keepAlive: true, maxSockets: 64, timeout: 2_000 });
  const users = [];
  const posts = [];
  for (let number = 0; number < 6; number++) users.push(await register());
  for (const user of users) await publish(user);

  return { run, close: () => agent.destroy() };

  /** Sends `rate` requests each second until `action` has ended, and three seconds more. Resolves with what came of it. */
  async function run(rate, action) {
    const counted = { requests: 0, failures: [], milliseconds: [] };
    const open = new Set();
    let isOver = false;
    // An access token lives for a quarter of an hour.
    for (const user of users) await logIn(user);
    const sending = send();
    try {
      await sleep(2_000);
      const result = await action();
      await sleep(3_000);
      return { result, ...(await ended()) };
    } catch (error) {
      // What was being done matters more than what the load saw of it.
      await ended();
      throw error;
    }

    async function ended() {
      isOver = true;
      await sending;
      await Promise.all(open);
      const sorted = counted.milliseconds.toSorted((a, b) => a - b);
      const p99 = Math.round(sorted[Math.floor(sorted.length * 0.99)] ?? 0);
      return { requests: counted.requests, failures: counted.failures, p99 };
    }

    async function send() {
      const start = performance.now();
      for (let number = 0; !isOver; number++) {
        // A server that does not answer is not asked forever.
        if (open.size < 200) {
          const sent = attempt(number, counted).finally(() => open.delete(sent));
          open.add(sent);
        }
        await sleep(Math.max(0, start + ((number + 1) * 1_000) / rate - performance.now()));
      }
    }
  }

  async function attempt(number, counted) {
    const user = users[number % users.length];
    const begin = performance.now();
    const [what, answer, isRight] = await one(user, number % 20);
    counted.requests += 1;
    counted.milliseconds.push(performance.now() - begin);
    if (!isRight) counted.failures.push(`${what}: ${answer.status} ${answer.text ?? ''}`.slice(0, 200));
  }

  async function one(user, kind) {
    const get = async (path, what = path) => {
      const answer = await ask(user, 'GET', path);
      return [`GET ${what}`, answer, answer.status === 200];
    };
    if (kind < 8) return get('/feed');
    if (kind < 12) return get(`/posts/${posts[randomInt(posts.length)]}`, '/posts/{id}');
    if (kind < 14) return get('/users/me');
    if (kind < 17) return publish(user);
    const id = posts[randomInt(posts.length)];
    const dir = user.votes.has(id) ? 0 : 1;
    if (dir === 1) user.votes.add(id);
    else user.votes.delete(id);
    const answer = await ask(user, 'POST', '/vote', { post_id: id, dir });
    // Two votes of one user on one post may cross.
    return ['POST /vote', answer, [201, 404, 409].includes(answer.status)];
  }

  async function publish(user) {
    const answer = await ask(user, 'POST', '/posts', { title: 'A post', content: 'x'.repeat(200) });
    if (answer.status === 201) posts.push(JSON.parse(answer.text).id);
    return ['POST /posts', answer, answer.status === 201];
  }

  async function register() {
    const email = `load-${randomBytes(6).toString('hex')}@example.com`;
    const user = { email, votes: new Set() };
    const made = await ask(user, 'POST', '/users', { email, password });
    if (made.status !== 201) throw new Error(`no account: ${made.status} ${made.text ?? ''}`);
    await logIn(user);
    return user;
  }

  async function logIn(user) {
    const form = new URLSearchParams({ username: user.email, password }).toString();
    const answer = await ask({}, 'POST', '/login', form);
    if (answer.status !== 200) throw new Error(`no login: ${answer.status} ${answer.text ?? ''}`);
    user.token = JSON.parse(answer.text).access_token;
  }

  /** Resolves with { status, text }; the status of a connection that broke is its error's code. */
  function ask(user, method, path, input) {
    const body = typeof input === 'string' || input === undefined ? input : JSON.stringify(input);
    const type = typeof input === 'string' ? 'application/x-www-form-urlencoded' : 'application/json';
    const headers = {
      ...(user.token && { authorization: `Bearer ${user.token}` }),
      ...(body && { 'content-type': type, 'content-length': Buffer.byteLength(body) }),
    };
    return new Promise((resolve) => {
      const broken = ({ code, message }) => resolve({ status: code ?? message });
      const sent = request(`${origin}${path}`, { method, agent, headers, timeout: 15_000 }, (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part) => (text += part));
        answer.on('end', () => resolve({ status: answer.statusCode, text })).on('error', broken);
      });
      sent.on('timeout', () => sent.destroy(new Error('no answer in 15 s'))).on('error', broken);
      sent.end(body);
    });
  }
}
