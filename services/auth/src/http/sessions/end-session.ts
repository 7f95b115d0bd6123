import { notFound, type Description, type Handler } from '@agora/http';
import { requireUser } from '@agora/identity';
import type { RevokeSessions } from '../../sessions/revoke-sessions.js';
import { sessionId } from './session-view.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `DELETE /sessions/{id}`: ends one of the caller's sessions; 404 for any other. */
export const endSession =
  (revokeSessions: RevokeSessions): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const id = String(ctx.params.id);
    const ended = uuid.test(id) && (await revokeSessions(userId, { only: id }));
    if (!ended) throw sessionNotFound();
    ctx.status = 204;
  };

const sessionNotFound = () => notFound('session_not_found', 'The session does not exist.');

/** For the OpenAPI document. */
export const endSessionDescription: Description = {
  name: 'endMySession',
  summary: 'End one of my sessions',
  details: 'Its access and refresh tokens stop working.',
  path: { id: sessionId.required().example('8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55') },
  answers: { 204: { summary: 'The session has ended.' } },
  refuses: [sessionNotFound()],
};
