import type { Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import type { RevokeSessions } from '../revoke-sessions.js';

/** `POST /logout`: ends the caller's session. */
export const logOut =
  (revokeSessions: RevokeSessions): Handler =>
  async (ctx) => {
    const { userId, sessionId } = requireUser(ctx);
    await revokeSessions(userId, { only: sessionId });
    ctx.status = 204;
  };
