import { validate, type Description, type Handler, type Problem } from '@agora/http';
import { audit } from '@agora/process/requests';
import { readJson } from '@agora/http/read-body';
import { userRegistered } from '@agora/contracts';
import { inTransaction, type CheckId, type NewIds } from '@agora/database';
import { addToOutbox } from '@agora/messaging';
import Joi from 'joi';
import { col, fn, where, type Transaction } from 'sequelize';
import { emailSchema } from '../../email.js';
import { tooManyRegistrations, type CountRegistration } from '../../limits/count-registrations.js';
import type { MailQueue } from '../../mail/queue.js';
import { User } from '../../models/user.js';
import { isFree, nameSchema } from '../../name.js';
import type { Passwords } from '../../passwords/passwords.js';
import { overloaded } from '../../passwords/places.js';
import { clientAddress } from '../client-address.js';
import { emailTaken } from './email-taken.js';
import { nameTaken, reservedName } from './rename-own-user.js';
import { accountView } from './user-view.js';

interface Registration {
  email: string;
  password: string;
  name?: string;
}

const schemaWith = (password: Joi.StringSchema) =>
  Joi.object<Registration>({ email: emailSchema, password, name: nameSchema })
    .example({ email: 'ada@example.com', password: 'correct horse', name: 'ada' })
    .meta({ name: 'Registration' });

interface Dependencies {
  passwords: Passwords;
  countRegistration: CountRegistration;
  userIds: NewIds;
  mails: MailQueue;
}

/** `POST /users`: creates an account, and asks its owner to confirm the address. */
export function registerUser({ passwords, countRegistration, userIds, mails }: Dependencies): Handler {
  const schema = schemaWith(passwords.schema);
  return async (ctx) => {
    const { email, password, name } = validate(schema, await readJson(ctx));
    if (name !== undefined && !isFree(name)) throw reservedName();
    await countRegistration(clientAddress(ctx));
    const passwordHash = await passwords.hash(password);
    const user = await createUser({ email, passwordHash, name }, userIds, mails);
    audit('user_registered', { user_id: user.id });
    ctx.status = 201;
    ctx.set('Location', `/users/${user.id}`);
    ctx.body = user.toAccount();
  };
}

/** For the OpenAPI document. */
export const registerUserDescription = ({ schema }: Pick<Passwords, 'schema'>): Description => ({
  name: 'register',
  summary: 'Register',
  details:
    'Creates an account and mails a link that confirms its address. Addresses are trimmed and compared case-insensitively; each has one account. Without a name the account is shown as `user_<id>`.',
  json: schemaWith(schema),
  answers: {
    201: {
      summary: 'The new account.',
      body: accountView,
      headers: { Location: 'Path of the account.' },
      links: { getUser: { id: '$response.body#/id' } },
    },
  },
  refuses: [emailTaken(), nameTaken(), tooManyRegistrations(3_600), overloaded()],
});

interface NewUser {
  email: string;
  passwordHash: string;
  name: string | undefined;
}

const createUser = (values: NewUser, userIds: NewIds, mails: MailQueue): Promise<User> =>
  userIds.draw((check) =>
    inTransaction(async (transaction) => {
      // The constraints decide, not a look beforehand: two registrations of one address or name may run side by side.
      const options = { ignoreDuplicates: true, returning: true, transaction };
      const [user] = await User.bulkCreate([{ ...values }], options);
      if (!user?.id) throw await whyNot(values, check, transaction);
      check(user.id);
      const { user_id, account_key, name } = user.toFact();
      await addToOutbox(
        userRegistered,
        { user_id, account_key, name, created_at: user.createdAt.toISOString() },
        transaction,
      );
      await mails.add({ kind: 'confirm-email', userId: user.id, email: user.email }, transaction);
      return user;
    }),
  );

/** What is there already: the address, the name, or else the id, which `check` then says. */
async function whyNot({ email, name }: NewUser, check: CheckId, transaction: Transaction): Promise<Problem> {
  if ((await User.count({ where: { email }, transaction })) > 0) return emailTaken();
  const others = { where: where(fn('lower', col('name')), name?.toLowerCase() ?? null), transaction };
  if (name === undefined || (await User.count(others)) === 0) check('taken');
  return nameTaken();
}
