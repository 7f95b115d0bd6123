import { notFound, parseId, type Handler } from '@agora/chassis';
import { User } from '../models/user.js';

/** `GET /users/{id}`. */
export const showUser: Handler = async (ctx) => {
  const id = parseId(ctx.params.id);
  const user = await User.findByPk(id);
  if (!user) throw notFound('user_not_found', `There is no user ${id}.`);
  ctx.body = user.toView();
};
