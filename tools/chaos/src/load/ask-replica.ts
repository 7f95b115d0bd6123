import type { ProcessName } from '@agora/local-stack';
import type { Replica } from '../system/replica.js';
import type { Answer } from './ask.js';

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
