import { malformed, Problem } from './problem.js';

/** The largest request body, in bytes. */
export const bodyLimit = 128 * 1024;

/** The kinds of body that an endpoint can read. */
export type BodyKind = 'json' | 'form';

export const mediaTypes: Record<BodyKind, string> = {
  json: 'application/json',
  form: 'application/x-www-form-urlencoded',
};

/** Refuses a content type or encoding that the endpoint does not read (415), then a body that says it is too large (413). */
export function checkBodyHeaders(headers: NodeJS.Dict<string | string[]>, kinds: readonly BodyKind[]): void {
  const [mediaType = '', ...parameters] = String(headers['content-type'] ?? '')
    .toLowerCase()
    .split(';');
  const charset = parameters
    .map((parameter) => parameter.trim())
    .find((parameter) => parameter.startsWith('charset='));
  const accepted = kinds.map((kind) => mediaTypes[kind]);
  if (!accepted.includes(mediaType.trim()))
    throw unsupported(`This endpoint reads ${accepted.join(' or ')}.`);
  if (charset && !/^charset="?utf-8"?$/.test(charset)) throw unsupported('The body must be in UTF-8.');
  if (headers['content-encoding'] !== undefined)
    throw unsupported('The body must not have a Content-Encoding.');
  if (Number(headers['content-length'] ?? 0) > bodyLimit) throw tooLarge();
}

/** 415: a body that the endpoint does not read. */
export const unsupported = (detail: string) => new Problem(415, 'unsupported_media_type', detail);

/** 413: the body is larger than `bodyLimit`. */
export const tooLarge = () =>
  new Problem(413, 'body_too_large', `The body must have at most ${bodyLimit} bytes.`);

/** 400: the body is not what its content type says. */
export const malformedBody = (detail: string) => malformed(detail, 'malformed_body');
