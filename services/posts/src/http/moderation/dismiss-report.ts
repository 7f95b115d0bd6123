import { notFound, parseId, type Description, type Handler } from '@agora/http';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole } from '@agora/identity';
import { logAct } from '../../models/moderation-log.js';
import { dismissReport as dismiss } from '../../models/report.js';

/** `DELETE /moderation/reports/{id}`: dismisses a report. */
export const dismissReport: Handler = async (ctx) => {
  const { userId: actorId } = requireRole(ctx, 'moderator');
  const id = parseId(ctx.params.id);
  await inTransaction(async (transaction) => {
    const postId = await dismiss(id, transaction);
    if (postId === undefined) throw reportNotFound(id);
    await logAct({ actorId, action: 'report-settled', postId }, transaction);
  });
  ctx.status = 204;
};

const reportNotFound = (id: number) =>
  notFound('report_not_found', `Report ${id} does not exist or is already resolved.`);

/** For the OpenAPI document. */
export const dismissReportDescription: Description = {
  name: 'dismissReport',
  summary: 'Dismiss a report',
  details: 'Resolves a report without removing the post. Moderators only.',
  answers: { 204: { summary: 'The report is resolved.' } },
  refuses: [reportNotFound(3), notAllowed()],
};
