import { notFound, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import type { RevokeSessions } from '../revoke-sessions.js';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** `DELETE /sessions/{id}`: ends one session of the caller's; another's is not there. */
export const endSession =
  (revokeSessions: RevokeSessions): Handler =>
  async (ctx) => {
    const { userId } = requireUser(ctx);
    const id = String(ctx.params.id);
    const ended = uuid.test(id) ? await revokeSessions(userId, { only: id }) : 0;
    if (ended === 0) throw notFound('session_not_found', 'There is no such session.');
    ctx.status = 204;
  };
