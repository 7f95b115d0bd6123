import { del, get, post, put, type Logger, type Route } from '@agora/chassis';
import type { Revocations } from '@agora/identity';
import { listEvents } from '@agora/operations';
import type { Sequelize } from 'sequelize';
import type { SignAccessToken } from '../access-tokens.js';
import type { Keys } from '../keys.js';
import type { CountRegistration } from '../limits/count-registrations.js';
import type { BeginLogin } from '../limits/login-attempts.js';
import type { Passwords } from '../passwords.js';
import type { RevokeSessions } from '../revoke-sessions.js';
import { changePassword } from './change-password.js';
import { deleteOwnUser } from './delete-own-user.js';
import { endAllSessions } from './end-all-sessions.js';
import { endSession } from './end-session.js';
import { listSessions } from './list-sessions.js';
import { listUsers } from './list-users.js';
import { logIn } from './log-in.js';
import { logOut } from './log-out.js';
import { refreshSession } from './refresh-session.js';
import { registerUser } from './register-user.js';
import { showKeySet } from './show-key-set.js';
import { showOwnUser } from './show-own-user.js';
import { showUser } from './show-user.js';

interface Dependencies {
  keys: Keys;
  passwords: Passwords;
  signAccessToken: SignAccessToken;
  revocations: Revocations;
  revokeSessions: RevokeSessions;
  reuseGraceSeconds: number;
  logger: Logger;
  beginLogin: BeginLogin;
  countRegistration: CountRegistration;
}

/** What clients ask of auth, through the gateway. */
export const routes = (dependencies: Dependencies): Route[] => {
  const { keys, passwords, revocations, revokeSessions, signAccessToken } = dependencies;
  return [
    post('/users', 'anyone', registerUser(passwords, dependencies.countRegistration)),
    get('/users/me', 'user', showOwnUser),
    del('/users/me', 'user', deleteOwnUser(revocations)),
    put('/users/me/password', 'user', changePassword(passwords, revokeSessions, dependencies.beginLogin)),
    get('/users/:id', 'user', showUser),
    post('/login', 'anyone', logIn(passwords, signAccessToken, dependencies.beginLogin)),
    post('/refresh', 'anyone', refreshSession(dependencies)),
    post('/logout', 'user', logOut(revokeSessions)),
    get('/sessions', 'user', listSessions),
    del('/sessions', 'user', endAllSessions(revokeSessions)),
    del('/sessions/:id', 'user', endSession(revokeSessions)),
    get('/.well-known/jwks.json', 'anyone', showKeySet(keys)),
  ];
};

/** What other processes of Agora ask of auth, on the internal port. */
export const internalRoutes = (keys: Keys, database: Sequelize): Route[] => [
  get('/internal/jwks.json', 'anyone', showKeySet(keys)),
  get('/internal/users', 'service', listUsers),
  get('/internal/users/:id', 'service', showUser),
  get('/internal/events', 'service', listEvents(database)),
];
