import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Position } from '../models/feed.js';

/** What a client gets to find the next page by: where this one ends, and, when posts of some time alone are asked for, since when. */
export interface Cursor extends Position {
  /** In milliseconds since 1970; fixed by the first page, so that the window does not move under its reader. */
  since?: number | undefined;
}

/** What a cursor may look like, whatever it says. */
export const cursorShape = /^[\w-]{1,200}\.[\w-]{43}$/;

/** A cursor as text, signed for the sort and the filters that its page was asked for with. */
export function writeCursor({ rank, id, since }: Cursor, secret: string, question: unknown): string {
  const content = Buffer.from(JSON.stringify([rank, id, since])).toString('base64url');
  return `${content}.${sign(content, secret, question)}`;
}

/** What a cursor says; undefined when nobody here signed it, or for another sort or filter. */
export function readCursor(text: string, secret: string, question: unknown): Cursor | undefined {
  const [content = '', signature = ''] = text.split('.');
  const expected = Buffer.from(sign(content, secret, question));
  const given = Buffer.from(signature);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return undefined;
  const [rank, id, since] = JSON.parse(Buffer.from(content, 'base64url').toString()) as [
    number,
    number,
    number | null,
  ];
  return { rank, id, since: since ?? undefined };
}

const sign = (content: string, secret: string, question: unknown): string =>
  createHmac('sha256', secret)
    .update(JSON.stringify([content, question]))
    .digest('base64url');
