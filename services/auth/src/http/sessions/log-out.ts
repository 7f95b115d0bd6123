import type { Description, Handler } from '@agora/http';
import { requireUser } from '@agora/identity';
import type { RevokeSessions } from '../../sessions/revoke-sessions.js';

/** `POST /logout`: ends the caller's session. */
export const logOut =
  (revokeSessions: RevokeSessions): Handler =>
  async (ctx) => {
    const { userId, sessionId } = requireUser(ctx);
    await revokeSessions(userId, { only: sessionId });
    ctx.status = 204;
  };

/** For the OpenAPI document. */
export const logOutDescription: Description = {
  name: 'logOut',
  summary: 'Log out',
  details: 'Ends the session of the access token.',
  answers: { 204: { summary: 'The session has ended.' } },
};
