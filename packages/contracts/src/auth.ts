import Joi from 'joi';
import { defineEvent, entityId } from './define-event.js';

const userName = Joi.string().max(30);

const accountKey = Joi.string()
  .guid()
  .optional()
  .description(
    'No other account was or will be given it, unlike its id, which a failover or a restored backup may give again. Missing in events of older releases.',
  );

/** An account was registered. */
export const userRegistered = defineEvent<{
  user_id: number;
  account_key?: string;
  name?: string;
  created_at: string;
}>('auth.user-registered.v1', {
  user_id: entityId,
  account_key: accountKey,
  name: userName.optional(),
  created_at: Joi.string().isoDate(),
});

/** The name of an account changed. `version` starts at 1 and grows with every change of the account; of two names the one with the higher version is newer. */
export const userUpdated = defineEvent<{
  user_id: number;
  account_key?: string;
  name: string;
  version: number;
}>('auth.user-updated.v1', {
  user_id: entityId,
  account_key: accountKey,
  name: userName,
  version: Joi.number()
    .integer()
    .min(1)
    .description('Of two names the one with the higher version is the newer.'),
});

/** What auth adds to every event that revokes something, when it commits. */
export interface Numbered {
  revocation?: number;
  previous_revocation?: number;
}

const revocationNumber = Joi.number().integer().min(0).optional();
const numbered = {
  revocation: revocationNumber.description('Numbers what revokes, in the order of the commits.'),
  previous_revocation: revocationNumber.description(
    'The number of the previous revocation. A consumer that has not received it has missed an event.',
  ),
};

/** An account was deleted; all data of the user must be deleted, and the id is never given to anybody else. */
export const userDeleted = defineEvent<{ user_id: number; account_key?: string } & Numbered>(
  'auth.user-deleted.v1',
  {
    user_id: entityId,
    account_key: accountKey,
    ...numbered,
  },
);

/** One session ended: by logout, a stolen refresh token or because there were too many. Its access tokens must be refused from now on. */
export const sessionRevoked = defineEvent<
  { user_id: number; session_id: string; number?: number } & Numbered
>('auth.session-revoked.v1', {
  user_id: entityId,
  session_id: Joi.string().guid(),
  number: Joi.number().integer().min(0).optional().description('Of the session, among those of its user.'),
  ...numbered,
});

/**
 * All sessions of a user with a number up to `up_to` ended, except for `except_session_id`. Access tokens without a number count
 * as number 0, those of the replaced application too. A later event of the same user never names a smaller `up_to`.
 */
export const sessionsRevoked = defineEvent<
  { user_id: number; up_to: number; except_session_id?: string } & Numbered
>('auth.sessions-revoked.v1', {
  user_id: entityId,
  up_to: Joi.number().integer().min(0).description('Sessions with this number or a smaller one have ended.'),
  except_session_id: Joi.string().guid().optional(),
  ...numbered,
});

/** What a moderator did to an account, or an operator by command. */
export interface AccountAct {
  act_key: string;
  actor_id: number | null;
  action: string;
  user_id: number;
  reason: string | null;
  acted_at: string;
}

/** A moderator, an admin or an operator acted on an account; the moderation log records it. */
export const accountModerated = defineEvent<AccountAct>('auth.account-moderated.v1', {
  act_key: Joi.string()
    .guid()
    .description('Tells the act from all others, also after it was carried elsewhere.'),
  actor_id: entityId.allow(null).description("Null for an operator's command."),
  action: Joi.string().max(40),
  user_id: entityId,
  reason: Joi.string().max(1_000).allow(null),
  acted_at: Joi.string().isoDate(),
});
