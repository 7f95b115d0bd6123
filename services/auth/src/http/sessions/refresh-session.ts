import { Problem, validate, type Description, type Handler } from '@agora/http';
import type { Logger } from '@agora/process';
import { readJsonOrForm } from '@agora/http/read-form';
import { inTransaction } from '@agora/database';
import Joi from 'joi';
import type { Transaction } from 'sequelize';
import type { SignAccessToken } from '../../sessions/access-tokens.js';
import { Session } from '../../models/session.js';
import type { Successors } from '../../sessions/successors.js';
import type { RevokeSessions } from '../../sessions/revoke-sessions.js';
import { answerToken, tokenAnswer } from './token-answer.js';

interface Dependencies {
  signAccessToken: SignAccessToken;
  revokeSessions: RevokeSessions;
  successors: Successors;
  logger: Logger;
}

const schema = Joi.object<{ refresh_token: string }>({ refresh_token: Joi.string().max(512).required() })
  .example({ refresh_token: 'dGhlIGxhc3QgcmVmcmVzaCB0b2tlbiwgdXNlZCBvbmNl' })
  .meta({ name: 'RefreshRequest' });

/** `POST /refresh`: exchanges a refresh token for an access token and the next refresh token. A token that comes twice was stolen by one of the two: the session ends. */
export const refreshSession =
  ({ signAccessToken, revokeSessions, successors, logger }: Dependencies): Handler =>
  async (ctx) => {
    const { refresh_token: refreshToken } = validate(schema, await readJsonOrForm(ctx));
    const next = successors.of(refreshToken);
    const subjectOfGood = await Session.rotate(refreshToken, next);
    if (subjectOfGood) return answerToken(ctx, signAccessToken, subjectOfGood, next);
    // What is left is none, has expired, or was used: by a thief, or by a client that lost the answer.
    const judge = async (transaction: Transaction) => {
      const held = await Session.holdByRefreshToken(refreshToken, transaction);
      if (!held?.token.usedAt) return undefined;
      const { session, user } = held;
      const now = new Date();
      const isInGrace = now.getTime() - held.token.usedAt.getTime() < successors.graceMilliseconds;
      if (isInGrace && (await session.hasUnused(next, now, transaction))) return session.toSubject(user);
      await endStolen(session, transaction);
      return undefined;
    };
    const endStolen = async ({ id, userId }: Session, transaction: Transaction) => {
      await revokeSessions(userId, { only: id }, transaction);
      logger.warn(
        { event: 'refresh_token_reused', user_id: userId, session_id: id },
        'refresh token used twice; session ended',
      );
    };
    // The refusal comes after the commit: thrown inside, it would take the ending of the session back.
    const subjectAgain = await inTransaction(judge);
    if (!subjectAgain) throw invalidRefreshToken();
    await answerToken(ctx, signAccessToken, subjectAgain, next);
  };

const invalidRefreshToken = () =>
  new Problem(401, 'invalid_refresh_token', 'The refresh token is invalid, expired or already used.', {
    headers: { 'WWW-Authenticate': 'Bearer realm="agora", error="invalid_token"' },
  });

/** For the OpenAPI document. */
export const refreshSessionDescription: Description = {
  name: 'refresh',
  summary: 'Refresh an access token',
  details:
    'Exchanges a refresh token for a new access token and the next refresh token. Each refresh token works once; using one again ends the session, because it may have been stolen.',
  json: schema,
  form: schema,
  answers: { 200: tokenAnswer },
  refuses: [invalidRefreshToken()],
};
