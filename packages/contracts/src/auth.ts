import Joi from 'joi';
import { defineEvent, entityId } from './define-event.js';

const userName = Joi.string().max(30);

/** An account was made. */
export const userRegistered = defineEvent<{ user_id: number; name?: string; created_at: string }>(
  'auth.user-registered.v1',
  {
    user_id: entityId,
    name: userName.optional(),
    created_at: Joi.string().isoDate(),
  },
);

/** An account has another name. `version` grows with every change of an account, from 1; of two names the one with the higher version is the newer. */
export const userUpdated = defineEvent<{ user_id: number; name: string; version: number }>(
  'auth.user-updated.v1',
  {
    user_id: entityId,
    name: userName,
    version: Joi.number().integer().min(1),
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
