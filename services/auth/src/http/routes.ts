import { del, get, post, type Route } from '@agora/chassis';
import type { SignAccessToken } from '../access-tokens.js';
import type { Keys } from '../keys.js';
import type { CountRegistration } from '../limits/count-registrations.js';
import type { BeginLogin } from '../limits/login-attempts.js';
import type { Passwords } from '../passwords.js';
import { deleteOwnUser } from './delete-own-user.js';
import { logIn } from './log-in.js';
import { registerUser } from './register-user.js';
import { showKeySet } from './show-key-set.js';
import { showOwnUser } from './show-own-user.js';
import { showUser } from './show-user.js';

interface Dependencies {
  keys: Keys;
  passwords: Passwords;
  signAccessToken: SignAccessToken;
  beginLogin: BeginLogin;
  countRegistration: CountRegistration;
}

/** What clients ask of auth, through the gateway. */
export const routes = ({
  keys,
  passwords,
  signAccessToken,
  beginLogin,
  countRegistration,
}: Dependencies): Route[] => [
  post('/users', 'anyone', registerUser(passwords, countRegistration)),
  get('/users/me', 'user', showOwnUser),
  del('/users/me', 'user', deleteOwnUser),
  get('/users/:id', 'user', showUser),
  post('/login', 'anyone', logIn(passwords, signAccessToken, beginLogin)),
  get('/.well-known/jwks.json', 'anyone', showKeySet(keys)),
];

/** What other processes of Agora ask of auth, on the internal port. */
export const internalRoutes = ({ keys }: Pick<Dependencies, 'keys'>): Route[] => [
  get('/internal/jwks.json', 'anyone', showKeySet(keys)),
  get('/internal/users/:id', 'anyone', showUser),
];
