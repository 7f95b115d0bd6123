import { entityId, type Description, type Handler } from '@agora/http';
import { nextLink } from '@agora/http/reads';
import { notAllowed } from '@agora/identity';
import Joi from 'joi';
import { listReportsUpTo, type ReportView } from '../../models/report.js';
import { answerList, listQuery } from './moderation-list.js';

/** `GET /moderation/reports`: the open ones, newest first. */
export const listReports =
  (cursorSecret: string): Handler =>
  (ctx) =>
    answerList(ctx, '/moderation/reports', cursorSecret, listReportsUpTo);

/** What moderators see of a report, and the reporter when it is made. */
export const reportView = Joi.object<ReportView, true>({
  id: entityId.required(),
  post_id: entityId.required(),
  reason: Joi.string().required(),
  reporter_id: entityId.required(),
  created_at: Joi.string().isoDate().required(),
})
  .example({
    id: 3,
    post_id: 42,
    reason: 'It advertises a shop.',
    reporter_id: 9,
    created_at: '2026-01-31T12:00:00.000Z',
  })
  .meta({ name: 'Report' });

/** For the OpenAPI document. */
export const listReportsDescription: Description = {
  name: 'listReports',
  summary: 'List open reports',
  details: 'Newest first. Moderators only.',
  query: listQuery,
  answers: {
    200: {
      summary: 'Newest first.',
      body: Joi.array().items(reportView).meta({ name: 'ReportList' }),
      optionalHeaders: nextLink('/moderation/reports'),
    },
  },
  refuses: [notAllowed()],
};
