import { entityId, type Description, type Handler } from '@agora/http';
import { nextLink } from '@agora/http/reads';
import { notAllowed } from '@agora/identity';
import Joi from 'joi';
import { listActsUpTo, type ActView } from '../../models/moderation-log.js';
import { answerList, listQuery } from './moderation-list.js';

/** `GET /moderation/log`: who did what to whom, when and why, newest first. */
export const listModerationLog =
  (cursorSecret: string): Handler =>
  (ctx) =>
    answerList(ctx, '/moderation/log', cursorSecret, listActsUpTo);

const actView = Joi.object<ActView, true>({
  id: entityId.required(),
  actor_id: entityId.required().allow(null).description('The user who acted; null for operators.'),
  action: Joi.string()
    .valid(
      'post-removed',
      'post-restored',
      'report-settled',
      'user-banned',
      'user-unbanned',
      'role-changed',
      'user-deleted',
      'sessions-ended',
      'password-reset-sent',
    )
    .required()
    .meta({ name: 'ModerationAction' }),
  post_id: entityId.required().allow(null),
  user_id: entityId.required().allow(null),
  reason: Joi.string().required().allow(null).description('With `role-changed`: the new role.'),
  created_at: Joi.string().isoDate().required(),
})
  .example({
    id: 5,
    actor_id: 2,
    action: 'post-removed',
    post_id: 42,
    user_id: null,
    reason: 'It advertises a shop.',
    created_at: '2026-01-31T12:00:00.000Z',
  })
  .meta({ name: 'ModerationLogEntry' });

/** For the OpenAPI document. */
export const listModerationLogDescription: Description = {
  name: 'listModerationLog',
  summary: 'List the moderation log',
  details:
    'What moderators, admins and operators did, newest first. Entries never change. Actions on accounts appear within two seconds. Moderators only.',
  query: listQuery,
  answers: {
    200: {
      summary: 'Newest first.',
      body: Joi.array().items(actView).meta({ name: 'ModerationLog' }),
      optionalHeaders: nextLink('/moderation/log'),
    },
  },
  refuses: [notAllowed()],
};
