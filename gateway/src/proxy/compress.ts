import { constants } from 'node:zlib';
import compression from 'compression';
import type { Context } from 'koa';
import type { Route } from '../routes.js';

/**
 * What is compressed: lists, posts and descriptions of Agora. No answer with tokens, accounts, sessions or parts of the request:
 * where a secret and an attacker's text are compressed together, the length reveals the secret (BREACH). No streams.
 */
const compressed = new Set(['/feed', '/posts', '/posts/:id', '/openapi.json', '/asyncapi.json']);

const isCompressed = ({ method, path }: Route): boolean =>
  method === 'GET' && (compressed.has(path) || path.startsWith('/docs'));

const compress = compression({
  threshold: 1_024,
  filter: () => true,
  // These levels save most of what higher ones save, in a third of the time.
  level: 4,
  brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } },
});

/** Compresses the answer when the client accepts that. Its entity tag becomes a weak one, because the bytes are no longer the same. */
export function compressAnswer(ctx: Context, route: Route): void {
  if (!isCompressed(route)) return;
  const { res } = ctx;
  // What the library does for clients that accept no encoding, without the cost of its wrapper.
  if (!ctx.headers['accept-encoding']) return ctx.vary('Accept-Encoding');
  const writeHead = res.writeHead.bind(res) as (...given: unknown[]) => typeof res;
  res.writeHead = (...given: unknown[]) => {
    const tag = res.getHeader('etag');
    if (typeof tag === 'string' && tag.startsWith('"') && res.hasHeader('content-encoding'))
      res.setHeader('ETag', `W/${tag}`);
    return writeHead(...given);
  };
  // The library has Express's types, but works with plain requests and responses.
  compress(ctx.req as never, res as never, () => undefined);
}
