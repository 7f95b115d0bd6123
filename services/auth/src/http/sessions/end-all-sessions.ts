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

/** For the OpenAPI document. */
export const endAllSessionsDescription: Description = {
  name: 'endAllMySessions',
  summary: 'End all my sessions',
  details: 'Includes the session of the access token.',
  answers: { 204: { summary: 'All your sessions have ended.' } },
};
