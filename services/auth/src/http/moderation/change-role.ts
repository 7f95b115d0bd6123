import { parseId, validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { inTransaction } from '@agora/database';
import { notAllowed, requireRole, type Role } from '@agora/identity';
import Joi from 'joi';
import {
  changeRole,
  findTarget,
  userNotFound,
  type ActDependencies,
} from '../../moderation/act-on-account.js';
import { roleSchema } from '../accounts/user-view.js';

const schema = Joi.object<{ role: Role }>({
  role: roleSchema.required(),
})
  .example({ role: 'moderator' })
  .meta({ name: 'RoleChange' });

/** `PUT /users/{id}/role`: changes the role of a user of a lower role, and ends their sessions. */
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

/** For the OpenAPI document. */
export const changeRoleDescription: Description = {
  name: 'changeRole',
  summary: 'Change the role of a user',
  details:
    'Ends all sessions of the user, because access tokens carry the role. Admins only; you cannot change your own role or that of another admin. Operators appoint the first admin with `npm run accounts -- grant`.',
  json: schema,
  answers: { 204: { summary: 'The role is changed.' } },
  refuses: [userNotFound(7), notAllowed()],
};
