import type { AnswerDescription } from '@agora/http';
import Joi from 'joi';
import type { Context } from 'koa';
import type { SignAccessToken, Subject } from '../../sessions/access-tokens.js';

interface TokenView {
  access_token: string;
  token_type: 'bearer';
  expires_in: number;
  refresh_token: string;
}

const tokenView = Joi.object<TokenView, true>({
  access_token: Joi.string().required().description('Send it as `Authorization: Bearer …`.'),
  token_type: Joi.string().valid('bearer').required(),
  expires_in: Joi.number().integer().min(1).required().description('Seconds until the access token expires.'),
  refresh_token: Joi.string().required().description('Exchange it once with `POST /refresh`.'),
})
  .example({
    access_token: 'eyJhbGciOiJFUzI1NiIsInR5cCI6ImF0K2p3dCJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl',
    token_type: 'bearer',
    expires_in: 900,
    refresh_token: 'dGhlIG5leHQgcmVmcmVzaCB0b2tlbiwgdXNlZCBvbmNl',
  })
  .meta({ name: 'Token' });

/** The description of that answer. */
export const tokenAnswer: AnswerDescription = {
  summary: 'A new access token and refresh token.',
  body: tokenView,
  headers: { 'Cache-Control': '`no-store`' },
};

/** Answers with a Token: a new access token of the session, and its next refresh token. */
export async function answerToken(
  ctx: Context,
  signAccessToken: SignAccessToken,
  subject: Subject,
  refreshToken: string,
): Promise<void> {
  const { token, expiresIn } = await signAccessToken(subject);
  ctx.set('Cache-Control', 'no-store');
  const body: TokenView = {
    access_token: token,
    token_type: 'bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
  };
  ctx.body = body;
}
