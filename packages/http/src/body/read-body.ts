import { createHash } from 'node:crypto';
import type { Context } from 'koa';
import { bodyLimits, checkBodyHeaders, malformedBody } from './body-headers.js';
import { receiveBytes } from './receive-bytes.js';
import { invalid } from '../endpoint/problem.js';

/**
 * Reads a JSON body, a missing one as `{}`; throws 415, 413, 400 (malformed) or 422 (nested too deep, too many values). Forms are read by
 * `@agora/http/read-form`, and not for JSON: koa-body is 11 MB (decision 80).
 */
export async function readJson({ req, res, headers }: Context): Promise<unknown> {
  checkBodyHeaders(headers, ['json']);
  const bytes = await receiveBytes(req, res, bodyLimits.json);
  if (bytes.length === 0) return {};
  const text = decode(bytes);
  const body = parseJson(text);
  checkShape(body);
  // After the check of depth, because a reviver recurses.
  return mayNamePrototype.test(text) ? JSON.parse(text, withoutPrototype) : body;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/** Node's own decoding would silently replace bytes that are no UTF-8. */
function decode(bytes: Buffer): string {
  try {
    return utf8.decode(bytes);
  } catch {
    throw malformedBody('The body is not valid UTF-8.');
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // The parser's own error quotes the body, passwords included: it must go no further than here.
    throw malformedBody('The body does not match its content type.');
  }
}

/** Also where it is written with escapes. */
const mayNamePrototype = /__proto__|\\u00/i;

/** Left out, as unknown fields are ignored, and copying an object with this key would change its prototype. */
const withoutPrototype = (key: string, value: unknown): unknown => (key === '__proto__' ? undefined : value);

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
