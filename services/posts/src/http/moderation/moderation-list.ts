import {
  cursorParameter,
  integerParameter,
  linkToNext,
  readCursor,
  readQuery,
  writeCursor,
} from '@agora/http/reads';
import { requireRole } from '@agora/identity';
import type { Context } from 'koa';

/** What every list of moderators takes. */
export const listQuery = {
  limit: integerParameter({ min: 1, max: 100, fallback: 10 }),
  cursor: cursorParameter(),
};

const largestId = 2_147_483_647;

/** Answers a moderator with a page of a list that is ordered by id, newest first, and links to the next while there is more. */
export async function answerList<Row extends { id: number }>(
  ctx: Context,
  path: string,
  cursorSecret: string,
  read: (upTo: number, limit: number) => Promise<Row[]>,
): Promise<void> {
  const { userId } = requireRole(ctx, 'moderator');
  const query = readQuery<{ limit: number; cursor?: string }>(ctx, listQuery);
  const question = [path, userId];
  const [upTo] =
    query.cursor === undefined ? [largestId] : (readCursor(query.cursor, cursorSecret, question) as [number]);
  const rows = await read(upTo, query.limit + 1);
  const further = rows[query.limit];
  if (further) linkToNext(ctx, path, query, writeCursor([further.id], cursorSecret, question));
  ctx.body = rows.slice(0, query.limit);
}
