import { saidAs, unauthorized, type Description, type Handler } from '@agora/http';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import type { ExportSources } from '../../config.js';
import { writeExport } from '../../export/write-export.js';
import { User } from '../../models/user.js';
import { sessionView } from '../sessions/session-view.js';
import { accountView } from './user-view.js';

/** `GET /users/me/export`: all data that Agora keeps of the caller, as an attachment. */
export const exportAccount =
  (sources: ExportSources): Handler =>
  async (ctx) => {
    const { userId, sessionId } = requireUser(ctx);
    const user = await User.findByPk(userId);
    if (!user) throw unauthorized('invalid_token');
    const document = await writeExport(user, sources, sessionId);
    ctx.status = 200;
    ctx.set({
      'Content-Type': 'application/json; charset=utf-8',
      'Content-Disposition': `attachment; filename="agora-${userId}.json"`,
      'Cache-Control': 'no-store',
    });
    if (ctx.method === 'HEAD') document.destroy();
    else ctx.body = document;
  };

/** For the OpenAPI document. */
export const exportAccountDescription: Description = {
  name: 'exportMyAccount',
  summary: 'Export my data',
  details:
    'Everything that is stored about your account: profile, sessions, posts with drafts, and votes, as one downloadable document.',
  answers: {
    200: {
      summary: 'Your data.',
      body: Joi.object({
        account: accountView.required(),
        sessions: Joi.array().items(sessionView).required(),
        posts: Joi.array()
          .items(saidAs(Joi.object(), { $ref: '#/components/schemas/Post' }))
          .required()
          .description('Your posts, drafts included, oldest first.'),
        votes: Joi.array()
          .items(
            Joi.object({
              post_id: Joi.number().integer().required(),
              created_at: Joi.string().isoDate().required(),
            }).meta({ name: 'ExportedVote' }),
          )
          .required(),
      }).meta({ name: 'AccountExport' }),
      headers: { 'Content-Disposition': '`attachment`' },
    },
  },
};
