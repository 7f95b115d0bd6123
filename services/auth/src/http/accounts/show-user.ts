import { notFound, parseId, type Description, type Handler } from '@agora/chassis';
import { User } from '../../models/user.js';
import { userView } from './user-view.js';

/** `GET /users/{id}`. */
export const showUser: Handler = async (ctx) => {
  const id = parseId(ctx.params.id);
  const user = await User.findByPk(id);
  if (!user) throw userNotFound(id);
  ctx.body = user.toView();
};

const userNotFound = (id: number) => notFound('user_not_found', `There is no user ${id}.`);

/** What clients are told of it. */
export const showUserDescription: Description = {
  name: 'showUser',
  summary: 'Show an account',
  answers: { 200: { summary: 'The account.', body: userView } },
  refuses: [userNotFound(7)],
};
