import type { Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { Session } from '../models/session.js';

/** `GET /sessions`: the caller's own. */
export const listSessions: Handler = async (ctx) => {
  const { userId, sessionId } = requireUser(ctx);
  const sessions = await Session.listOf(userId);
  ctx.body = sessions.map((session) => session.toView(sessionId));
};
