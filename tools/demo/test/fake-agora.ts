import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

interface Post {
  id: number;
  title: string;
  content: string;
  published: boolean;
  owner: { name: string };
}

/** What the fake has been asked to keep. */
interface Kept {
  users: Map<string, string>;
  posts: Post[];
  /** `voter post`, as often as such a vote was asked for. */
  votes: string[];
  reports: number[];
  requests: string[];
}

export interface FakeAgora extends Kept {
  url: string;
  stop(): Promise<void>;
}

/** What goes wrong with the request of this number, counted from 1; nothing when undefined. */
export type Trouble = (request: number, line: string) => Trial | undefined;
interface Trial {
  status: number;
  retryAfter?: number;
  /** Does what was asked before it fails. */
  done?: boolean;
}

type Answer = [status: number, body?: object];

/** As much of Agora as the demo needs, in memory; `countVotes` false leaves all counts at 0. */
export async function startFakeAgora(
  trouble: Trouble = () => undefined,
  countVotes = true,
): Promise<FakeAgora> {
  const kept: Kept = { users: new Map(), posts: [], votes: [], reports: [], requests: [] };
  const server = createServer(
    (request, response) => void answer(request, response, kept, trouble, countVotes),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const stop = async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  };
  return { ...kept, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, stop };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  kept: Kept,
  trouble: Trouble,
  countVotes: boolean,
): Promise<void> {
  const line = `${request.method} ${request.url}`;
  const body = await text(request).catch(() => '');
  const trial = trouble(kept.requests.push(line), line);
  const [status, answered] =
    !trial || trial.done ? reply(line, body, emailOf(request), kept, countVotes) : [0];
  if (trial?.retryAfter !== undefined) response.setHeader('retry-after', trial.retryAfter);
  response.writeHead(trial?.status ?? status, { 'content-type': 'application/json' });
  response.end(JSON.stringify(trial ? { detail: 'Not now.' } : (answered ?? {})));
}

const emailOf = ({ headers }: IncomingMessage) => headers.authorization?.replace('Bearer ', '');

function reply(
  line: string,
  body: string,
  email: string | undefined,
  kept: Kept,
  countVotes: boolean,
): Answer {
  switch (line) {
    case 'GET /health':
      return [200, { status: 'ok' }];
    case 'POST /users':
      return register(JSON.parse(body) as { email: string; password: string }, kept);
    case 'POST /login':
      return logIn(new URLSearchParams(body), kept);
  }
  if (!email || !kept.users.has(email)) return [401];
  if (line === 'POST /posts') return publish(JSON.parse(body) as Post, email, kept);
  const [, reported] = /^POST \/posts\/(\d+)\/reports$/.exec(line) ?? [];
  if (reported) return report(Number(reported), email, kept);
  if (line === 'POST /vote') return vote(JSON.parse(body) as { post_id: number }, email, kept);
  const post = kept.posts[Number(/^GET \/posts\/(\d+)$/.exec(line)?.[1]) - 1];
  const votes = new Set(kept.votes.filter((each) => each.endsWith(` ${post?.id}`))).size;
  return post ? [200, { ...post, votes: countVotes ? votes : 0 }] : [404];
}

function register({ email, password }: { email: string; password: string }, { users }: Kept): Answer {
  if (users.has(email)) return [409];
  users.set(email, password);
  return [201, { email }];
}

function logIn(form: URLSearchParams, { users }: Kept): Answer {
  const email = form.get('username') ?? '';
  if (users.get(email) !== form.get('password')) return [403];
  return [200, { access_token: email, expires_in: 900 }];
}

function publish({ title, content, published }: Post, email: string, { posts }: Kept): Answer {
  const post = { id: posts.length + 1, title, content, published, owner: { name: email } };
  posts.push(post);
  return [201, post];
}

function vote({ post_id: id }: { post_id: number }, email: string, { posts, votes }: Kept): Answer {
  const known = posts[id - 1];
  if (!known?.published) return [404];
  const repeated = votes.includes(`${email} ${id}`);
  votes.push(`${email} ${id}`);
  return repeated ? [409] : [201];
}

function report(id: number, email: string, { posts, reports }: Kept): Answer {
  const known = posts[id - 1];
  if (!known?.published || known.owner.name === email) return [404];
  reports.push(id);
  return [201];
}
