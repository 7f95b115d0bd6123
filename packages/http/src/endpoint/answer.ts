import type { Context } from 'koa';

/** An answer in full: it can be kept, and given again byte for byte. */
export interface Answer {
  status: number;
  /** With the content type. */
  headers: Record<string, string>;
  body: string;
}

/** A value as JSON, written the way that Koa would write it. */
export const jsonAnswer = (status: number, value: unknown, headers: Record<string, string> = {}): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json; charset=utf-8', ...headers },
  body: JSON.stringify(value),
});

/** Answers a request. */
export function give(ctx: Context, { status, headers, body }: Answer): void {
  ctx.status = status;
  ctx.set(headers);
  ctx.body = body;
}
