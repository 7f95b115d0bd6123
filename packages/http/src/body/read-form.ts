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
import { readJson } from './read-body.js';
import { invalid } from '../endpoint/problem.js';
import { repeatedField } from '../endpoint/validate.js';

type FormKind = Exclude<BodyKind, 'json'>;

// As text: a parser of forms would merge repeated fields and read brackets as nesting.
const formParser = (kind: FormKind) =>
  koaBody({
    text: true,
    textTypes: [mediaTypes[kind]],
    textLimit: bodyLimits[kind],
    json: false,
    urlencoded: false,
  });

const parsers: Record<FormKind, Middleware> = {
  form: formParser('form'),
  multipart: formParser('multipart'),
};

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

async function readFormOf(ctx: Context, kinds: readonly FormKind[]): Promise<Record<string, unknown>> {
  const { kind, content } = await readText(ctx, kinds);
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

async function readText(
  ctx: Context,
  kinds: readonly FormKind[],
): Promise<{ kind: FormKind; content: string }> {
  const kind = checkBodyHeaders(ctx.headers, kinds);
  askForBody(ctx.req, ctx.res);
  const isUtf8 = watchBytes(ctx);
  try {
    await parsers[kind](ctx, async () => undefined);
  } catch (error) {
    // The parser's own error carries the whole body, passwords included: it must go no further than here.
    if (isTooLarge(error)) throw tooLarge(bodyLimits[kind]);
    throw malformedBody('The body does not match its content type.');
  }
  if (!isUtf8()) throw malformedBody('The body is not valid UTF-8.');
  const { body } = ctx.request;
  return { kind, content: typeof body === 'string' ? body : '' };
}

/** Node's own decoding would silently replace bytes that are no UTF-8. */
function watchBytes({ req }: Context): () => boolean {
  const decoder = new TextDecoder('utf-8', { fatal: true });
  let valid = true;
  const decode = (chunk?: Buffer) => {
    try {
      decoder.decode(chunk, { stream: chunk !== undefined });
    } catch {
      valid = false;
    }
  };
  req.on('data', decode);
  req.on('end', () => decode());
  return () => valid;
}

const isTooLarge = (error: unknown): boolean =>
  typeof error === 'object' && error !== null && 'status' in error && error.status === 413;
