import { unauthorized, type Handler } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import { User } from '../models/user.js';

/** `GET /users/me`. */
export const showOwnUser: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const user = await User.findByPk(userId);
  if (!user) throw unauthorized('invalid_token');
  ctx.body = user.toView();
};
