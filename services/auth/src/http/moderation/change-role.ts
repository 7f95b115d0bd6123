import { parseId, validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole, roles, type Role } from '@agora/identity';
import Joi from 'joi';
import {
  changeRole,
  findTarget,
  userNotFound,
  type ActDependencies,
} from '../../moderation/act-on-account.js';

const schema = Joi.object<{ role: Role }>({
  role: Joi.string()
    .valid(...roles)
    .required(),
})
  .example({ role: 'moderator' })
  .meta({ name: 'RoleChange' });

/** `PUT /users/{id}/role`: gives somebody of a lower role another one, and ends their sessions. */
export const changeRoleOfUser =
  (dependencies: ActDependencies): Handler =>
  async (ctx) => {
    const admin = requireRole(ctx, 'admin');
    const id = parseId(ctx.params.id);
    await findTarget(id, admin);
    const { role } = validate(schema, await readJson(ctx));
    await inTransaction((transaction) => changeRole(id, role, admin, dependencies, transaction));
    ctx.status = 204;
  };

/** What clients are told of it. */
export const changeRoleDescription: Description = {
  name: 'changeRole',
  summary: 'Give a user another role',
  details:
    'For admins; not for another admin, nor for oneself. The sessions of the user end, as their tokens name the role. `npm run accounts -- grant` makes the first admin.',
  json: schema,
  answers: { 204: { summary: 'The user has that role.' } },
  refuses: [userNotFound(7), notAllowed()],
};
