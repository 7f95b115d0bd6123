import type { Context } from 'koa';
import type { SignAccessToken } from '../access-tokens.js';

/** Answers with a Token: a new access token of the session, and its next refresh token. */
export async function answerToken(
  ctx: Context,
  signAccessToken: SignAccessToken,
  { userId, sessionId, refreshToken }: { userId: number; sessionId: string; refreshToken: string },
): Promise<void> {
  const { token, expiresIn } = await signAccessToken(userId, sessionId);
  ctx.set('Cache-Control', 'no-store');
  ctx.body = {
    access_token: token,
    token_type: 'bearer',
    expires_in: expiresIn,
    refresh_token: refreshToken,
  };
}
