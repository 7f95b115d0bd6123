import { unauthorized, type Description, type Handler } from '@agora/http';
import { requireUser } from '@agora/identity';
import { findAccount } from '../../models/own-account.js';
import { accountView } from './user-view.js';

/** `GET /users/me`. */
export const showOwnUser: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const account = await findAccount(userId);
  if (!account) throw unauthorized('invalid_token');
  ctx.body = account;
};

/** For the OpenAPI document. */
export const showOwnUserDescription: Description = {
  name: 'getMyAccount',
  summary: 'Get my account',
  details: 'The account that the access token belongs to.',
  answers: { 200: { summary: 'Your account.', body: accountView } },
};
