import { conflict, invalid, unauthorized, validate, type Description, type Handler } from '@agora/http';
import { readJson } from '@agora/http/read-body';
import { userUpdated } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { requireUser } from '@agora/identity';
import { addToOutbox } from '@agora/messaging';
import Joi from 'joi';
import { UniqueConstraintError } from 'sequelize';
import { defaultName, User } from '../../models/user.js';
import { isFree, nameSchema, reservedMessage } from '../../name.js';
import { accountView } from './user-view.js';

const schema = Joi.object<{ name: string }>({ name: nameSchema.required() })
  .example({ name: 'ada' })
  .meta({ name: 'AccountUpdate' });

/** `PATCH /users/me`: changes the caller's name. */
export const renameOwnUser: Handler = async (ctx) => {
  const { userId } = requireUser(ctx);
  const { name } = validate(schema, await readJson(ctx));
  if (!isFree(name, userId)) throw reservedName();
  ctx.body = (await rename(userId, name)).toAccount();
};

/** 422: the name is kept for an account without one. */
export const reservedName = () => invalid([{ field: 'name', message: reservedMessage }]);

/** 409: another user has the name, perhaps in another case. */
export const nameTaken = () => conflict('name_taken', 'This name is already taken.');

async function rename(userId: number, name: string): Promise<User> {
  const chosen = name.toLowerCase() === defaultName(userId) ? null : name;
  try {
    return await inTransaction(async (transaction) => {
      const user = await User.findByPk(userId, { lock: transaction.LOCK.UPDATE, transaction });
      if (!user) throw unauthorized('invalid_token');
      if (user.name === chosen) return user;
      await user.update({ name: chosen, version: user.version + 1 }, { transaction });
      await addToOutbox(userUpdated, user.toFact(), transaction);
      return user;
    });
  } catch (error) {
    if (error instanceof UniqueConstraintError) throw nameTaken();
    throw error;
  }
}

/** For the OpenAPI document. */
export const renameOwnUserDescription: Description = {
  name: 'updateMyAccount',
  summary: 'Change my name',
  details:
    'Your posts show the new name within two seconds. Names like `user_123` are reserved: only the account with that id may use one.',
  json: schema,
  answers: { 200: { summary: 'Your account.', body: accountView } },
  refuses: [nameTaken()],
};
