import type { Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import type { RevokeSessions } from '../revoke-sessions.js';

/** `DELETE /sessions`: ends every session of the caller's, this one too. */
export const endAllSessions =
  (revokeSessions: RevokeSessions): Handler =>
  async (ctx) => {
    await revokeSessions(requireUser(ctx).userId, {});
    ctx.status = 204;
  };
