import { notFound, parseId, type Description, type Handler } from '@agora/http';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole } from '@agora/identity';
import { logAct } from '../../models/moderation-log.js';
import { settleReport as settle } from '../../models/report.js';

/** `DELETE /moderation/reports/{id}`: settles a report without a removal. */
export const settleReport: Handler = async (ctx) => {
  const { userId: actorId } = requireRole(ctx, 'moderator');
  const id = parseId(ctx.params.id);
  await inTransaction(async (transaction) => {
    const postId = await settle(id, transaction);
    if (postId === undefined) throw reportNotFound(id);
    await logAct({ actorId, action: 'report-settled', postId }, transaction);
  });
  ctx.status = 204;
};

const reportNotFound = (id: number) => notFound('report_not_found', `There is no open report ${id}.`);

/** What clients are told of it. */
export const settleReportDescription: Description = {
  name: 'settleReport',
  summary: 'Settle a report without a removal',
  details: 'For moderators. A removal settles all reports on its post.',
  answers: { 204: { summary: 'The report is settled.' } },
  refuses: [reportNotFound(3), notAllowed()],
};
