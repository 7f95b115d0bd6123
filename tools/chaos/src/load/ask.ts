import type { ProcessName } from '@agora/local-stack';
import type { Replica } from '../system/replica.js';
import { Agent, request, type IncomingHttpHeaders } from 'node:http';

export interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: Record<string, unknown>;
  text: string;
}

export interface Question {
  token?: string | undefined;
  json?: unknown;
  form?: Record<string, string>;
  headers?: Record<string, string>;
}

/** Asks the gateway; rejects with the error of the connection, or with a Hang. */
export type Ask = (method: string, path: string, question?: Question) => Promise<Answer>;

/** No answer after as long as anybody waits. */
export class Hang extends Error {
  readonly code = 'HANG';
}

const hangMilliseconds = 10_000;

/** A client with connections of its own, which it closes before a gateway that stops would. */
export function openClient(origin: string): { ask: Ask; close(): void } {
  const agent = new Agent({ keepAlive: true, timeout: 1_000 });
  const ask: Ask = (method, path, question = {}) => {
    const { promise, resolve, reject } = Promise.withResolvers<Answer>();
    const [type, body] = bodyOf(question);
    const headers = {
      ...(type && { 'Content-Type': type }),
      ...(question.token && { Authorization: `Bearer ${question.token}` }),
      ...question.headers,
      'Content-Length': String(Buffer.byteLength(body)),
    };
    const asking = request(`${origin}${path}`, { method, agent, headers }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        const text = Buffer.concat(chunks).toString();
        resolve({ status: response.statusCode ?? 0, headers: response.headers, body: parse(text), text });
      });
    });
    const deadline = setTimeout(
      () => asking.destroy(new Hang(`${method} ${path} was not answered`)),
      hangMilliseconds,
    );
    asking.on('error', reject);
    asking.on('close', () => {
      clearTimeout(deadline);
      reject(new Error('the connection was closed before the answer ended'));
    });
    asking.end(body);
    return promise;
  };
  return { ask, close: () => agent.destroy() };
}

function bodyOf({ json, form }: Question): [type: string | undefined, body: string] {
  if (json !== undefined) return ['application/json', JSON.stringify(json)];
  return form ? ['application/x-www-form-urlencoded', new URLSearchParams(form).toString()] : [undefined, ''];
}

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** What a replica itself answers, past gateway and balancers; undefined when no answer came. */
export async function askReplica(
  { ports }: Replica,
  path: string,
  token: string,
): Promise<Pick<Answer, 'status' | 'body'> | undefined> {
  try {
    const response = await fetch(`http://127.0.0.1:${ports.port}${path}`, {
      headers: { Authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(2_000),
    });
    return { status: response.status, body: (await response.json()) as Answer['body'] };
  } catch {
    return undefined;
  }
}

/** A request of each process that takes a token and changes nothing. */
const paths: Partial<Record<ProcessName, string>> = {
  gateway: '/vote?post_ids=1',
  auth: '/users/me',
  posts: '/posts?limit=1',
  votes: '/vote?post_ids=1',
};

/** The status that a replica itself answers a token with; 599 when no answer came, or it has no such request. */
export async function statusOf(replica: Replica, token: string): Promise<number> {
  const path = paths[replica.name];
  return (path && (await askReplica(replica, path, token))?.status) || 599;
}
