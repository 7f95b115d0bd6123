import { defineStatement, sql } from '@agora/database';
import type { Transaction } from 'sequelize';

/** A report about a post; it is deleted when a moderator resolves it, and with its post or its reporter. */
export interface ReportView {
  id: number;
  post_id: number;
  reason: string;
  reporter_id: number;
  created_at: string;
}

const columns = 'id, post_id, reason, reporter_id, created_at';
const file = defineStatement(
  'report-file',
  `INSERT INTO reports (post_id, reporter_id, reason)
   SELECT id, $2, $3 FROM (SELECT id FROM posts WHERE id = $1 FOR KEY SHARE) AS post
   ON CONFLICT DO NOTHING RETURNING ${columns}`,
);
const list = defineStatement(
  'reports-list',
  `SELECT ${columns} FROM reports WHERE id <= $1 ORDER BY id DESC LIMIT $2`,
);
const resolve = defineStatement('report-resolve', 'DELETE FROM reports WHERE id = $1 RETURNING post_id');
const resolveAll = defineStatement('reports-resolve-all', 'DELETE FROM reports WHERE post_id = $1');
const eraseOf = defineStatement(
  'reports-erase-of',
  `DELETE FROM reports WHERE id = ANY(ARRAY(
     SELECT id FROM reports WHERE reporter_id = $1 ORDER BY id LIMIT $2 FOR UPDATE)) RETURNING id`,
);

/** Keeps a report; undefined when the same reporter has one on the post already, and when the post is gone. */
export async function fileReport(
  postId: number,
  reporterId: number,
  reason: string,
  transaction: Transaction,
): Promise<ReportView | undefined> {
  const [report] = await sql<ReportView>(file, [postId, reporterId, reason], transaction);
  return report;
}

/** Those up to an id, newest first. */
export const listReportsUpTo = (upTo: number, limit: number): Promise<ReportView[]> =>
  sql<ReportView>(list, [upTo, limit]);

/** Deletes a report; returns its post, or undefined if there is no such report. */
export async function dismissReport(id: number, transaction: Transaction): Promise<number | undefined> {
  const [resolved] = await sql<{ post_id: number }>(resolve, [id], transaction);
  return resolved?.post_id;
}

/** Deletes all reports about a post. */
export const resolveReportsOn = async (postId: number, transaction: Transaction): Promise<void> => {
  await sql(resolveAll, [postId], transaction);
};

/** Deletes up to `limit` reports of a user; returns how many. */
export const eraseReportsOf = async (
  reporterId: number,
  limit: number,
  transaction: Transaction,
): Promise<number> => (await sql(eraseOf, [reporterId, limit], transaction)).length;
