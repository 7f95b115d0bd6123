import Joi from 'joi';
import { defineEvent, entityId } from './define-event.js';

/** An account was made. */
export const userRegistered = defineEvent<{ user_id: number; created_at: string }>(
  'auth.user-registered.v1',
  {
    user_id: entityId,
    created_at: Joi.string().isoDate(),
  },
);

/** An account was deleted; everything of that user must go, and the id is never given to anybody else. */
export const userDeleted = defineEvent<{ user_id: number }>('auth.user-deleted.v1', { user_id: entityId });

/** A session ended: by logout, a changed password or a stolen refresh token. Its access tokens must be refused from now on. */
export const sessionRevoked = defineEvent<{ user_id: number; session_id: string }>(
  'auth.session-revoked.v1',
  {
    user_id: entityId,
    session_id: Joi.string().guid(),
  },
);
