import { createHash } from 'node:crypto';
import type { Context, Middleware } from 'koa';
import { koaBody } from 'koa-body';
import {
  bodyLimits,
  checkBodyHeaders,
  malformedBody,
  mediaTypes,
  tooLarge,
  type BodyKind,
} from './body-headers.js';
import { askForBody } from './expect-continue.js';
import { invalid } from '../endpoint/problem.js';
import { repeatedField } from '../endpoint/validate.js';

// As text: a parser of forms would merge repeated fields and read brackets as nesting.
const formParser = (kind: 'form' | 'multipart') =>
  koaBody({
    text: true,
    textTypes: [mediaTypes[kind]],
    textLimit: bodyLimits[kind],
    json: false,
    urlencoded: false,
  });

const parsers: Record<BodyKind, Middleware> = {
  json: koaBody({
    json: true,
    jsonStrict: false,
    jsonLimit: bodyLimits.json,
    text: false,
    urlencoded: false,
  }),
  form: formParser('form'),
  multipart: formParser('multipart'),
};

/** Reads a JSON body, an absent one as `{}`; throws 415, 413, 400 (malformed) or 422 (nested too deep, too many values). */
export async function readJson(ctx: Context): Promise<unknown> {
  const { body, size } = await parse(ctx, ['json']);
  if (size === 0) return {};
  checkShape(body);
  return body;
}

/**
 * Reads a form, urlencoded or multipart and without files; throws 415, 413, 400 or 422. A field that is given more than once comes as a
 * `repeatedField`, which `validate` refuses where the schema knows the field.
 */
export const readForm = (ctx: Context): Promise<Record<string, unknown>> =>
  readFormOf(ctx, ['form', 'multipart']);

/** Reads a body as JSON or as an urlencoded form; throws as `readJson` and `readForm` do. */
export async function readJsonOrForm(ctx: Context): Promise<unknown> {
  const kind = checkBodyHeaders(ctx.headers, ['json', 'form']);
  return kind === 'form' ? readFormOf(ctx, ['form']) : readJson(ctx);
}

async function readFormOf(ctx: Context, kinds: readonly BodyKind[]): Promise<Record<string, unknown>> {
  const { kind, body } = await parse(ctx, kinds);
  const content = typeof body === 'string' ? body : '';
  const entries =
    kind === 'multipart'
      ? await readMultipart(content, ctx.get('content-type'))
      : new URLSearchParams(content);
  const fields = Map.groupBy(entries, ([name]) => name);
  return Object.fromEntries(
    [...fields].map(([name, given]) => [name, given.length > 1 ? repeatedField : given[0]?.[1]]),
  );
}

async function readMultipart(content: string, contentType: string): Promise<[string, string][]> {
  const form = await new Response(content, { headers: { 'Content-Type': contentType } })
    .formData()
    .catch(() => {
      throw malformedBody('The body does not match its content type.');
    });
  return [...form].map(([name, value]) => {
    if (typeof value !== 'string') throw invalid([{ field: name, message: `${name} must not be a file` }]);
    return [name, value];
  });
}

interface ParsedBody {
  kind: BodyKind;
  body: unknown;
  /** In bytes. */
  size: number;
}

async function parse(ctx: Context, kinds: readonly BodyKind[]): Promise<ParsedBody> {
  const kind = checkBodyHeaders(ctx.headers, kinds);
  askForBody(ctx.req, ctx.res);
  const watched = watchBytes(ctx);
  try {
    await parsers[kind](ctx, async () => undefined);
  } catch (error) {
    // The parser's own error carries the whole body, passwords included: it must go no further than here.
    if (isTooLarge(error)) throw tooLarge(bodyLimits[kind]);
    throw malformedBody('The body does not match its content type.');
  }
  if (!watched.isUtf8()) throw malformedBody('The body is not valid UTF-8.');
  return { kind, body: ctx.request.body, size: watched.size() };
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
function watchBytes(ctx: Context): { isUtf8(): boolean; size(): number } {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let valid = true;
  let size = 0;
  const decode = (chunk?: Buffer) => {
    size += chunk?.length ?? 0;
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      valid = false;
    }
  };
  ctx.req.on('data', decode);
  ctx.req.on('end', () => decode());
  return { isUtf8: () => valid, size: () => size };
}

const isTooLarge = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'status' in error && error.status === 413;

const maxDepth = 5;
const maxValues = 50;

/** Walks without recursion: what validates later does recurse, and a deep enough body would exhaust its stack. */
function checkShape(body: unknown): void {
  let level: unknown[] = [body];
  let values = 0;
  for (let depth = 0; level.length > 0; depth += 1) {
    if (depth > maxDepth)
      throw invalid([
        { field: 'body', message: `body must not be nested more than ${maxDepth} levels deep` },
      ]);
    const parts = level.map((value) =>
      typeof value === 'object' && value !== null ? Object.values(value) : [],
    );
    // Only the leaves count; an empty object or array is one.
    values += parts.filter(({ length }) => length === 0).length;
    if (values > maxValues)
      throw invalid([{ field: 'body', message: `body must contain at most ${maxValues} values` }]);
    level = parts.flat();
  }
}
