import { authenticateService, del, get, patch, post, put, type Logger, type Route } from '@agora/chassis';
import type { Revocations } from '@agora/identity';
import type { NewIds } from '@agora/database';
import { listEvents, showHighestId } from '@agora/operations';
import type { Sequelize } from 'sequelize';
import type { SignAccessToken } from '../sessions/access-tokens.js';
import type { Keys } from '../keys/keys.js';
import type { CountRegistration } from '../limits/count-registrations.js';
import type { BeginLogin } from '../limits/login-attempts.js';
import type { Passwords } from '../passwords/passwords.js';
import type { OpenSession } from '../sessions/open-session.js';
import type { Successors } from '../sessions/successors.js';
import type { RevokeSessions } from '../sessions/revoke-sessions.js';
import { changePassword, changePasswordDescription } from './accounts/change-password.js';
import { deleteOwnUser, deleteOwnUserDescription } from './accounts/delete-own-user.js';
import { endAllSessions, endAllSessionsDescription } from './sessions/end-all-sessions.js';
import { endSession, endSessionDescription } from './sessions/end-session.js';
import { listSessions, listSessionsDescription } from './sessions/list-sessions.js';
import { listUsers } from './accounts/list-users.js';
import { logIn, logInDescription } from './sessions/log-in.js';
import { logOut, logOutDescription } from './sessions/log-out.js';
import { refreshSession, refreshSessionDescription } from './sessions/refresh-session.js';
import { renameOwnUser, renameOwnUserDescription } from './accounts/rename-own-user.js';
import { registerUser, registerUserDescription } from './accounts/register-user.js';
import { showKeySet, showKeySetDescription } from './show-key-set.js';
import { showRevocations } from './show-revocations.js';
import { showOwnUser, showOwnUserDescription } from './accounts/show-own-user.js';
import { showKnownUser, showUser, showUserDescription } from './accounts/show-user.js';

export interface Dependencies {
  keys: Keys;
  passwords: Passwords;
  signAccessToken: SignAccessToken;
  revocations: Revocations;
  openSession: OpenSession;
  revokeSessions: RevokeSessions;
  userIds: NewIds;
  successors: Successors;
  /** Whether everybody sees the addresses of accounts. */
  publicEmails: boolean;
  logger: Logger;
  beginLogin: BeginLogin;
  countRegistration: CountRegistration;
}

/** What clients ask of auth, through the gateway. */
export const routes = (dependencies: Dependencies): Route[] => {
  const { keys, passwords, revocations, revokeSessions } = dependencies;
  return [
    post(
      '/users',
      'anyone',
      registerUser(passwords, dependencies.countRegistration, dependencies.userIds),
      registerUserDescription(passwords),
    ),
    get('/users/me', 'user', showOwnUser, showOwnUserDescription),
    patch('/users/me', 'user', renameOwnUser, renameOwnUserDescription),
    del('/users/me', 'user', deleteOwnUser(revocations), deleteOwnUserDescription),
    put(
      '/users/me/password',
      'user',
      changePassword(passwords, revokeSessions, dependencies.beginLogin),
      changePasswordDescription(passwords),
    ),
    get('/users/:id', 'user', showUser(dependencies.publicEmails), showUserDescription),
    post('/login', 'anyone', logIn(dependencies), logInDescription),
    post('/refresh', 'anyone', refreshSession(dependencies), refreshSessionDescription),
    post('/logout', 'user', logOut(revokeSessions), logOutDescription),
    get('/sessions', 'user', listSessions, listSessionsDescription),
    del('/sessions', 'user', endAllSessions(revokeSessions), endAllSessionsDescription),
    del('/sessions/:id', 'user', endSession(revokeSessions), endSessionDescription),
    get('/.well-known/jwks.json', 'anyone', showKeySet(keys), showKeySetDescription),
  ];
};

/** What other processes of Agora ask of auth, on the internal port. Whoever verifies tokens may ask what was revoked, by a secret that opens nothing else. */
export const internalRoutes = (
  keys: Keys,
  database: Sequelize,
  userIds: NewIds,
  { publicEmails, revocationsSecret }: { publicEmails: boolean; revocationsSecret: string },
): Route[] => [
  get('/internal/jwks.json', 'anyone', showKeySet(keys)),
  {
    ...get('/internal/revocations', 'service', showRevocations),
    guard: authenticateService(revocationsSecret),
  },
  get('/internal/users', 'service', listUsers(publicEmails)),
  get('/internal/users/highest', 'service', showHighestId(userIds)),
  get('/internal/users/:id', 'service', showKnownUser(publicEmails)),
  get('/internal/events', 'service', listEvents(database)),
];
