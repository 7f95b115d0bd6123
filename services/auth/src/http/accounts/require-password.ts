import type { Context } from 'koa';
import type { BeginLogin } from '../../limits/login-attempts.js';
import type { User } from '../../models/user.js';
import type { Passwords } from '../../passwords/passwords.js';
import { clientAddress } from '../client-address.js';
import { invalidCredentials } from '../invalid-credentials.js';

/** Throws a 403 when the password is wrong. It counts as a failed login: a stolen token allows no more guesses here than at the login. */
export type RequirePassword = (user: User, password: string, ctx: Context) => Promise<void>;

/** Returns a check of a caller's password. */
export const passwordRequirer =
  (passwords: Passwords, beginLogin: BeginLogin): RequirePassword =>
  async (user, password, ctx) => {
    const attempt = await beginLogin(user.email, clientAddress(ctx));
    // As at the login: the last of a burst of guesses must not reveal that it was right.
    if (await passwords.matches(password, user.passwordHash, attempt.knownAs))
      return attempt.succeeded(user.id);
    await attempt.failed(user.id);
    throw invalidCredentials();
  };
