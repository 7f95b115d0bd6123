import type { Description, Handler } from '@agora/http';
import { requireUser } from '@agora/identity';
import type { RevokeSessions } from '../../sessions/revoke-sessions.js';

/** `DELETE /sessions`: ends every session of the caller's, this one too. */
export const endAllSessions =
  (revokeSessions: RevokeSessions): Handler =>
  async (ctx) => {
    await revokeSessions(requireUser(ctx).userId, {});
    ctx.status = 204;
  };

/** What clients are told of it. */
export const endAllSessionsDescription: Description = {
  name: 'endAllSessions',
  summary: 'End every session of the user',
  answers: { 204: { summary: 'All sessions have ended, this one too.' } },
};
