import { createHash } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { koaBody } from 'koa-body';
import { checkBodyHeaders, bodyLimit, malformedBody, mediaTypes, tooLarge } from './body-headers.js';
import { invalid } from './problem.js';

const parseJson = koaBody({
  json: true,
  jsonStrict: false,
  jsonLimit: bodyLimit,
  text: false,
  urlencoded: false,
});
// As text: a parser of forms would merge repeated fields and read brackets as nesting.
const parseForm = koaBody({
  text: true,
  textTypes: [mediaTypes.form],
  textLimit: bodyLimit,
  json: false,
  urlencoded: false,
});

/** Reads a JSON body, an absent one as `{}`; throws 415, 413, 400 (malformed) or 422 (nested too deep, too many keys). */
export async function readJson(ctx: Context): Promise<unknown> {
  checkBodyHeaders(ctx.headers, ['json']);
  const body = (await parse(ctx, parseJson)) || {};
  checkShape(body);
  return body;
}

/** Reads a form body, every field of which must be given at most once; throws 415, 413, 400 or 422. */
export async function readForm(ctx: Context): Promise<Record<string, string>> {
  checkBodyHeaders(ctx.headers, ['form']);
  const body = await parse(ctx, parseForm);
  const fields = [...new URLSearchParams(typeof body === 'string' ? body : '')];
  const names = fields.map(([name]) => name);
  const repeated = new Set(names.filter((name, index) => names.indexOf(name) !== index));
  if (repeated.size > 0) {
    throw invalid([...repeated].map((field) => ({ field, message: `${field} must be given at most once` })));
  }
  return Object.fromEntries(fields);
}

/** Reads a body in whichever of the two it comes; throws as `readJson` and `readForm` do. */
export async function readJsonOrForm(ctx: Context): Promise<unknown> {
  checkBodyHeaders(ctx.headers, ['json', 'form']);
  return ctx.is(mediaTypes.form) ? readForm(ctx) : readJson(ctx);
}

async function parse(ctx: Context, parser: Middleware): Promise<unknown> {
  const utf8 = watchUtf8(ctx);
  try {
    await parser(ctx, async () => undefined);
  } catch (error) {
    // The parser's own error carries the whole body, passwords included: it must go no further than here.
    if (isTooLarge(error)) throw tooLarge();
    throw malformedBody('The body could not be read as what its content type says.');
  }
  if (!utf8.valid()) throw malformedBody('The body is not valid UTF-8.');
  return ctx.request.body;
}

/**
 * Digests (SHA-256) the body while it is read; undefined until it was read to its end. To be called in the same turn as what
 * reads the body: listening makes it flow.
 */
export function digestBody({ req }: Context): () => Buffer | undefined {
  const hash = createHash('sha256');
  let digest: Buffer | undefined;
  req.on('data', (chunk: Buffer) => hash.update(chunk));
  req.on('end', () => (digest = hash.digest()));
  return () => digest;
}

/** Node's own decoding would silently replace bytes that are no UTF-8. */
function watchUtf8(ctx: Context): { valid(): boolean } {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let valid = true;
  const decode = (chunk?: Buffer) => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      valid = false;
    }
  };
  ctx.req.on('data', decode);
  ctx.req.on('end', () => decode());
  return { valid: () => valid };
}

const isTooLarge = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'status' in error && error.status === 413;

const maxDepth = 5;
const maxKeys = 50;

/** Walks without recursion: what validates later does recurse, and a deep enough body would exhaust its stack. */
function checkShape(body: unknown): void {
  let level: unknown[] = [body];
  let keys = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth)
      throw invalid([{ field: 'body', message: `body must be nested at most ${maxDepth} deep` }]);
    level = level.flatMap((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    keys += level.length;
    if (keys > maxKeys)
      throw invalid([{ field: 'body', message: `body must have at most ${maxKeys} values` }]);
  }
}
