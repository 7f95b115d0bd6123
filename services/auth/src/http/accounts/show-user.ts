import { notFound, parseId, type Description, type Handler } from '@agora/http';
import { User } from '../../models/user.js';
import { userView } from './user-view.js';

/** `GET /users/{id}`. */
export const showUser =
  (showsEmail: boolean): Handler =>
  async (ctx) => {
    ctx.body = (await requireAccount(ctx.params.id)).toView(showsEmail);
  };

/** `GET /internal/users/{id}`, for services that keep authors and voters. */
export const showKnownUser =
  (showsEmail: boolean): Handler =>
  async (ctx) => {
    ctx.body = (await requireAccount(ctx.params.id)).toKnownUser(showsEmail);
  };

/** `GET /internal/users/{id}/confirmation`: whether the address is confirmed by now, for services that were shown a token from before. */
export const showConfirmation: Handler = async (ctx) => {
  const { emailVerifiedAt } = await requireAccount(ctx.params.id);
  ctx.body = { email_verified: emailVerifiedAt !== null };
};

async function requireAccount(rawId: string | undefined): Promise<User> {
  const id = parseId(rawId);
  const user = await User.findByPk(id);
  if (!user) throw userNotFound(id);
  return user;
}

const userNotFound = (id: number) => notFound('user_not_found', `User ${id} does not exist.`);

/** For the OpenAPI document. */
export const showUserDescription: Description = {
  name: 'getUser',
  summary: 'Get a user',
  details: 'What everyone can see of an account.',
  answers: { 200: { summary: 'The user.', body: userView } },
  refuses: [userNotFound(7)],
};
