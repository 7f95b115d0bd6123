import createClient, { type Client } from 'openapi-fetch';
import { requireSuccess } from './agora-error.js';
import { authorized } from './authorize.js';
import { readingOwnWrites } from './consistency.js';
import { followPages, type FeedQuery, type PageQuery, type Post } from './feed.js';
import type { Identified, LiveOptions } from './live.js';
import type { components, paths } from './openapi.js';
import { withRetries } from './retry.js';
import { shareLive } from './share-live.js';
import { createSession, type Tokens } from './session.js';

type Account = components['schemas']['Account'];
type Registration = components['schemas']['Registration'];

export interface AgoraOptions {
  /** Where Agora is, such as `https://agora.example`. */
  url: string;
  /** To go on with a session that was kept. */
  tokens?: Tokens;
  /** Hears of every change of the tokens, to keep them; undefined when the session has ended. */
  onTokens?(tokens: Tokens | undefined): void;
  /** How often a request is sent at most. */
  attempts?: number;
  /** In place of the global one. */
  fetch?(request: Request): Promise<Response>;
}

/** Agora, for one user at a time. Tokens are renewed, reads see the last write, and what failed for now is tried again. */
export interface Agora {
  /** Every operation of the document, typed: `agora.api.GET('/posts/{id}', { params: { path: { id: 1 } } })`. */
  api: Client<paths>;
  /**
   * Throws an AgoraError, for wrong credentials with the code `invalid_credentials`, and with `totp_required` for an account with a second
   * factor: its code, or a recovery code, is `totp`.
   */
  logIn(email: string, password: string, totp?: string): Promise<void>;
  /** Creates an account, to log in to; throws an AgoraError, such as `email_taken`. */
  register(account: Registration): Promise<Account>;
  /** Ends the session. */
  logOut(): Promise<void>;
  /** Everybody's published posts, page after page. */
  feed(query?: FeedQuery): AsyncGenerator<Post, void, undefined>;
  /** Your own posts, drafts too, page after page, the newest first. */
  ownPosts(query?: PageQuery): AsyncGenerator<Post, void, undefined>;
  /** What happens to published posts from now on, until `signal` is aborted. All that follow it share one connection. */
  live(options?: LiveOptions): AsyncGenerator<Identified, void, undefined>;
}

/** A client of the Agora at `url`. */
export function createAgora({
  url,
  tokens,
  onTokens = () => undefined,
  attempts = 5,
  fetch = (request) => globalThis.fetch(request),
}: AgoraOptions): Agora {
  const patient = withRetries(fetch, attempts);
  const session = createSession(url, patient, tokens, onTokens);
  const send = readingOwnWrites(authorized(patient, session));
  // Lists are sent with commas (`explode: false` in the document).
  const querySerializer = { array: { style: 'form', explode: false } } as const;
  const api = createClient<paths>({ baseUrl: url, fetch: send, querySerializer });
  const live = shareLive(send, new URL('/feed/stream', url));
  return {
    api,
    async register(account) {
      const body = JSON.stringify(account);
      const headers = { 'content-type': 'application/json' };
      const request = new Request(new URL('/users', url), { method: 'POST', headers, body });
      return (await (await requireSuccess(await patient(request))).json()) as Account;
    },
    logIn: session.logIn,
    async logOut() {
      const response = await send(new Request(new URL('/logout', url), { method: 'POST' }));
      // It is refused when there is no session to end.
      if (response.status !== 401) await requireSuccess(response);
      session.forget();
    },
    feed: (query = {}) => followPages(send, withQuery(new URL('/feed', url), query)),
    ownPosts: (query = {}) => followPages(send, withQuery(new URL('/posts', url), query)),
    live: (options = {}) => live(options),
  };
}

function withQuery(url: URL, query: FeedQuery | PageQuery): URL {
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) url.searchParams.set(name, String(value));
  return url;
}
