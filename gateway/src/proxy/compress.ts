import { constants } from 'node:zlib';
import compression from 'compression';
import type { Context } from 'koa';
import type { Route } from '../routes.js';

/**
 * What is compressed: lists, posts and what describes Agora. Nothing that gives tokens away, tells of accounts or sessions, or answers a body
 * with it: where a secret and what somebody else wrote are compressed together, the length tells of the secret (BREACH). No streams.
 */
const compressed = new Set(['/feed', '/posts', '/posts/:id', '/openapi.json', '/asyncapi.json']);

const isCompressed = ({ method, path }: Route): boolean =>
  method === 'GET' && (compressed.has(path) || path.startsWith('/docs'));

const compress = compression({
  threshold: 1_024,
  filter: () => true,
  // Of what the next levels save, these save most, for a third of the time.
  level: 4,
  brotli: { params: { [constants.BROTLI_PARAM_QUALITY]: 3 } },
});

/** Has the answer to a request compressed when its client takes that, and its entity tag weakened then: other bytes stand for the same post. */
export function compressAnswer(ctx: Context, route: Route): void {
  if (!isCompressed(route)) return;
  const { res } = ctx;
  // As the library does for those who take nothing; without it their answers are spared its wrapping.
  if (!ctx.headers['accept-encoding']) return ctx.vary('Accept-Encoding');
  const writeHead = res.writeHead.bind(res) as (...given: unknown[]) => typeof res;
  res.writeHead = (...given: unknown[]) => {
    const tag = res.getHeader('etag');
    if (typeof tag === 'string' && tag.startsWith('"') && res.hasHeader('content-encoding'))
      res.setHeader('ETag', `W/${tag}`);
    return writeHead(...given);
  };
  // Typed for Express, of which it needs nothing.
  compress(ctx.req as never, res as never, () => undefined);
}
