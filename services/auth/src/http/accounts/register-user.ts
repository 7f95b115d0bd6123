import { audit, conflict, validate, type Description, type Handler } from '@agora/chassis';
import { readJson } from '@agora/chassis/read-body';
import { userRegistered } from '@agora/contracts';
import { inTransaction } from '@agora/database';
import { addToOutbox } from '@agora/messaging';
import Joi from 'joi';
import { UniqueConstraintError } from 'sequelize';
import { emailSchema } from '../../email.js';
import { tooManyRegistrations, type CountRegistration } from '../../limits/count-registrations.js';
import { User } from '../../models/user.js';
import { overloaded, type Passwords } from '../../passwords/passwords.js';
import { clientAddress } from '../client-address.js';
import { userView } from './user-view.js';

const schemaWith = (password: Joi.StringSchema) =>
  Joi.object<{ email: string; password: string }>({ email: emailSchema, password })
    .example({ email: 'ada@example.com', password: 'correct horse' })
    .meta({ name: 'Registration' });

/** `POST /users`: makes an account. */
export function registerUser(passwords: Passwords, countRegistration: CountRegistration): Handler {
  const schema = schemaWith(passwords.schema);
  return async (ctx) => {
    const { email, password } = validate(schema, await readJson(ctx));
    await countRegistration(clientAddress(ctx));
    const passwordHash = await passwords.hash(password);
    const user = await createUser(email, passwordHash);
    audit('user_registered', { user_id: user.id });
    ctx.status = 201;
    ctx.set('Location', `/users/${user.id}`);
    ctx.body = user.toView();
  };
}

const emailTaken = () => conflict('email_taken', 'An account with this e-mail exists.');

/** What clients are told of it. */
export const registerUserDescription = ({ schema }: Pick<Passwords, 'schema'>): Description => ({
  name: 'registerUser',
  summary: 'Make an account',
  details: 'The address is trimmed and compared without regard to case; there is one account per address.',
  json: schemaWith(schema),
  answers: {
    201: { summary: 'The account.', body: userView, headers: { Location: 'The path of the account.' } },
  },
  refuses: [emailTaken(), tooManyRegistrations(3_600), overloaded()],
});

async function createUser(email: string, passwordHash: string): Promise<User> {
  try {
    return await inTransaction(async (transaction) => {
      const user = await User.create({ email, passwordHash }, { transaction });
      await addToOutbox(
        userRegistered,
        { user_id: user.id, created_at: user.createdAt.toISOString() },
        transaction,
      );
      return user;
    });
  } catch (error) {
    // The constraint decides, not a look beforehand: two registrations of one address may run side by side.
    if (error instanceof UniqueConstraintError) throw emailTaken();
    throw error;
  }
}
