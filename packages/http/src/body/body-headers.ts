import { malformed, Problem } from '../endpoint/problem.js';

/** The largest request body, in bytes. */
export const bodyLimit = 128 * 1024;

/** The kinds of body that an endpoint can read. */
export type BodyKind = 'json' | 'form' | 'multipart';

export const mediaTypes: Record<BodyKind, string> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
  multipart: 'multipart/form-data',
};

/** The largest body of each kind. A multipart form is read for the few fields of a login, and never for files. */
export const bodyLimits: Record<BodyKind, number> = {
  json: bodyLimit,
  form: bodyLimit,
  multipart: 4 * 1024,
};

/**
 * Refuses a content type or encoding that the endpoint does not read (415), then a body that says it is too large (413). Returns the
 * kind of the body.
 */
export function checkBodyHeaders<Kind extends BodyKind>(
  headers: NodeJS.Dict<string | string[]>,
  kinds: readonly Kind[],
): Kind {
  const [mediaType = '', ...parameters] = String(headers['content-type'] ?? '')
    .toLowerCase()
    .split(';');
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='));
  const kind = kinds.find((each) => mediaTypes[each] === mediaType.trim());
  if (!kind)
    throw unsupported(`The content type must be ${kinds.map((each) => mediaTypes[each]).join(' or ')}.`);
  if (charset && !/^charset="?utf-8"?$/.test(charset)) throw unsupported('The body must be in UTF-8.');
  if (headers['content-encoding'] !== undefined)
    throw unsupported('The body must not have a Content-Encoding.');
  if (Number(headers['content-length'] ?? 0) > bodyLimits[kind]) throw tooLarge(bodyLimits[kind]);
  return kind;
}

/** 415: a body that the endpoint does not read. */
export const unsupported = (detail: string) => new Problem(415, 'unsupported_media_type', detail);

/** 413: the body is larger than its kind may be. */
export const tooLarge = (limit = bodyLimit) =>
  new Problem(413, 'body_too_large', `The body must not exceed ${limit} bytes.`);

/** 400: the body is not what its content type says. */
export const malformedBody = (detail: string) => malformed(detail, 'malformed_body');
