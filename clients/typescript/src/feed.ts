import { requireSuccess } from './agora-error.js';
import type { components } from './openapi.js';
import type { Send } from './send.js';

export type Post = components['schemas']['Post'];

/** How many posts to ask for at a time, whose titles contain what, and whether each says if you have voted for it. */
export interface PageQuery {
  search?: string;
  limit?: number;
  include?: 'my_vote';
}

/** What to see of the feed. */
export interface FeedQuery extends PageQuery {
  sort?: 'new' | 'top' | 'hot';
  period?: 'day' | 'week' | 'month' | 'year' | 'all';
  owner_id?: number;
}

/** The posts of a page and of all that follow it by `Link: <…>; rel="next"`, each page requested when it is reached. */
export async function* followPages(send: Send, first: URL): AsyncGenerator<Post, void, undefined> {
  let page: URL | undefined = first;
  while (page) {
    const response = await requireSuccess(await send(new Request(page)));
    yield* (await response.json()) as Post[];
    page = nextPage(response, page);
  }
}

function nextPage({ headers }: Response, page: URL): URL | undefined {
  const [, target] = /<([^>]*)>\s*;\s*rel="?next"?/.exec(headers.get('link') ?? '') ?? [];
  if (target === undefined) return undefined;
  const next = new URL(target, page);
  // The access token goes to nobody else.
  if (next.origin !== page.origin) throw new Error(`the next page is elsewhere: ${next.origin}`);
  return next;
}
