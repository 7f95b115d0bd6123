import { Readable } from 'node:stream';
import { askService, type InternalAddress } from '@agora/http';
import type { ExportSources } from '../config.js';
import { Session } from '../models/session.js';
import type { User } from '../models/user.js';

/** One page of things, and where the next begins; undefined behind the last. */
interface Page {
  items: unknown[];
  next?: number;
}

/**
 * All that Agora keeps of a user as one JSON document, `{account, sessions, posts, votes}`, which is read and written page by page, so that it
 * takes as much memory for a large account as for a small one. Throws a 503 when a service gives no answer before the first byte; later, the
 * stream breaks off.
 */
export async function writeExport(
  user: User,
  { posts, votes }: ExportSources,
  currentSessionId = '',
): Promise<Readable> {
  const pagesOf = (source: InternalAddress, path: string) => (after: number) => readPage(source, path, after);
  const readPosts = pagesOf(posts, `/internal/users/${user.id}/posts`);
  const readVotes = pagesOf(votes, `/internal/voters/${user.id}/cast`);
  const [sessions, firstPosts, firstVotes] = await Promise.all([
    Session.listOf(user, currentSessionId),
    readPosts(0),
    readVotes(0),
  ]);
  async function* write() {
    yield `{"account":${JSON.stringify(user.toAccount())},"sessions":${JSON.stringify(sessions)},"posts":[`;
    yield* items(firstPosts, readPosts);
    yield '],"votes":[';
    yield* items(firstVotes, readVotes);
    yield ']}\n';
  }
  return Readable.from(write(), { objectMode: false });
}

async function* items(first: Page, read: (after: number) => Promise<Page>) {
  let separator = '';
  for (let page: Page | undefined = first; page;) {
    if (page.items.length > 0) yield separator + page.items.map((item) => JSON.stringify(item)).join();
    if (page.items.length > 0) separator = ',';
    page = page.next === undefined ? undefined : await read(page.next);
  }
}

/** A large page of a service that is busy takes longer than a lookup. */
const patienceMilliseconds = 5_000;

async function readPage(source: InternalAddress, path: string, after: number): Promise<Page> {
  return (await askService<Page>(source, `${path}?after=${after}`, patienceMilliseconds)) ?? { items: [] };
}
