import { unauthorized, type Description, type Handler } from '@agora/http';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import { Session } from '../../models/session.js';
import { User } from '../../models/user.js';
import { sessionView } from './session-view.js';

/** `GET /sessions`: the caller's own. */
export const listSessions: Handler = async (ctx) => {
  const { userId, sessionId } = requireUser(ctx);
  const user = await User.findByPk(userId);
  if (!user) throw unauthorized('invalid_token');
  ctx.body = await Session.listOf(user, sessionId);
};

/** For the OpenAPI document. */
export const listSessionsDescription: Description = {
  name: 'listMySessions',
  summary: 'List my sessions',
  details: 'Your open sessions, most recently used first.',
  answers: {
    200: { summary: 'Your sessions.', body: Joi.array().items(sessionView).meta({ name: 'SessionList' }) },
  },
};
