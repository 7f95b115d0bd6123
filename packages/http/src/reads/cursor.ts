import { createHmac, timingSafeEqual } from 'node:crypto';
import Joi from 'joi';
import type { Context } from 'koa';
import { invalid, type Problem } from '../endpoint/problem.js';

/** Where the next page of a list starts: JSON values whose meaning only that list knows. */
type Place = readonly unknown[];

/** The cursor of a list in a query string; what it says must be read with `readCursor`. */
export const cursorParameter = () =>
  Joi.string()
    .pattern(/^[A-Za-z0-9_-]{1,200}\.[A-Za-z0-9_-]{43}$/)
    .example('WzQyXQ.47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU')
    .description(
      'Position of the next page, taken from `Link`. Valid only for the same user, order and filters.',
    )
    .messages({ 'string.pattern.base': '{#label} must come from a link of this list' });

/** A place as opaque text, signed for the question that its page answered: which list, for whom, in which order, with which filters. */
export function writeCursor(place: Place, secret: string, question: Place): string {
  const content = Buffer.from(JSON.stringify(place)).toString('base64url');
  return `${content}.${sign(content, secret, question)}`;
}

/** Decodes a cursor; throws a 422 when the signature is wrong or the cursor belongs to another query. */
export function readCursor(text: string, secret: string, question: Place): Place {
  const [content = '', signature = ''] = text.split('.');
  const expected = Buffer.from(sign(content, secret, question));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw foreignCursor();
  return JSON.parse(Buffer.from(content, 'base64url').toString()) as Place;
}

const foreignCursor = (): Problem =>
  invalid([
    {
      field: 'cursor',
      message: 'cursor must come from a link of this list, with the same order and filters',
    },
  ]);

const sign = (content: string, secret: string, question: Place): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify([content, question]))
    .digest('base64url');

/** Links to the next page (RFC 8288), relative to wherever the client found this one: the same query with the cursor. */
export function linkToNext(ctx: Context, path: string, query: object, cursor: string): void {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor }))
    if (value !== undefined && value !== '') parameters.set(name, String(value));
  ctx.set('Link', `<${path}?${parameters.toString()}>; rel="next"`);
}

/** The description of a list's `Link` header. */
export const nextLink = (path: string) => ({ Link: `\`<${path}?…>; rel="next"\` if there is another page.` });
