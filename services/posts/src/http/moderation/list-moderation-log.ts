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
  actor_id: entityId.required().allow(null).description("Null for an operator's command."),
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
    .required(),
  post_id: entityId.required().allow(null),
  user_id: entityId.required().allow(null),
  reason: Joi.string().required().allow(null).description('With `role-changed`, the new role.'),
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
  .meta({ name: 'ModerationAct' });

/** What clients are told of it. */
export const listModerationLogDescription: Description = {
  name: 'listModerationLog',
  summary: 'List what moderators, admins and operators did',
  details: 'For moderators. Nothing is ever changed in it. Acts on accounts show up within two seconds.',
  query: listQuery,
  answers: {
    200: {
      summary: 'Newest first.',
      body: Joi.array().items(actView),
      optionalHeaders: nextLink('/moderation/log'),
    },
  },
  refuses: [notAllowed()],
};
