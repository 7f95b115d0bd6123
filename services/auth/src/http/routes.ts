import { del, get, patch, post, put, type Route } from '@agora/http';
import { authenticateService } from '@agora/http/serve';
import type { Logger } from '@agora/process';
import type { Revocations } from '@agora/identity';
import type { NewIds } from '@agora/database';
import { listEvents, showHighestId } from '@agora/operations/serving';
import type { Sequelize } from 'sequelize';
import type { SignAccessToken } from '../sessions/access-tokens.js';
import type { Keys } from '../keys/keys.js';
import type { CountMails } from '../limits/count-mails.js';
import type { CountRegistration } from '../limits/count-registrations.js';
import type { BeginLogin } from '../limits/login-attempts.js';
import type { MailQueue } from '../mail/queue.js';
import type { SecondFactors } from '../second-factor/second-factors.js';
import type { Passwords } from '../passwords/passwords.js';
import type { OpenSession } from '../sessions/open-session.js';
import type { Successors } from '../sessions/successors.js';
import type { RevokeSessions } from '../sessions/revoke-sessions.js';
import { changePassword, changePasswordDescription } from './accounts/change-password.js';
import { deleteOwnUser, deleteOwnUserDescription } from './accounts/delete-own-user.js';
import { exportAccount, exportAccountDescription } from './accounts/export-account.js';
import type { ExportSources } from '../config.js';
import { endAllSessions, endAllSessionsDescription } from './sessions/end-all-sessions.js';
import { endSession, endSessionDescription } from './sessions/end-session.js';
import { listSessions, listSessionsDescription } from './sessions/list-sessions.js';
import { listUsers } from './accounts/list-users.js';
import { logIn, logInDescription } from './sessions/log-in.js';
import { logOut, logOutDescription } from './sessions/log-out.js';
import { refreshSession, refreshSessionDescription } from './sessions/refresh-session.js';
import { renameOwnUser, renameOwnUserDescription } from './accounts/rename-own-user.js';
import { changeEmail, changeEmailDescription } from './accounts/change-email.js';
import { passwordRequirer } from './accounts/require-password.js';
import { registerUser, registerUserDescription } from './accounts/register-user.js';
import { showMetadata, showMetadataDescription } from './show-metadata.js';
import { banAccount, banAccountDescription } from './moderation/ban-user.js';
import { changeRoleDescription, changeRoleOfUser } from './moderation/change-role.js';
import { deleteUser, deleteUserDescription } from './moderation/delete-user.js';
import { listAllAccounts, listAllAccountsDescription } from './moderation/list-accounts.js';
import { unbanAccount, unbanAccountDescription } from './moderation/unban-user.js';
import { showKeySet, showKeySetDescription } from './show-key-set.js';
import { showRevocations } from './show-revocations.js';
import { showOwnUser, showOwnUserDescription } from './accounts/show-own-user.js';
import { showConfirmation, showKnownUser, showUser, showUserDescription } from './accounts/show-user.js';
import { confirmEmail, confirmEmailDescription } from './recovery/confirm-email.js';
import { requestPasswordReset, requestPasswordResetDescription } from './recovery/request-password-reset.js';
import { resendConfirmation, resendConfirmationDescription } from './recovery/resend-confirmation.js';
import { resetPassword, resetPasswordDescription } from './recovery/reset-password.js';
import { enableTotp, enableTotpDescription } from './second-factor/enable-totp.js';
import { prepareTotp, prepareTotpDescription } from './second-factor/prepare-totp.js';
import { removeTotp, removeTotpDescription } from './second-factor/remove-totp.js';

export interface Dependencies {
  keys: Keys;
  passwords: Passwords;
  signAccessToken: SignAccessToken;
  revocations: Revocations;
  openSession: OpenSession;
  revokeSessions: RevokeSessions;
  userIds: NewIds;
  successors: Successors;
  /** The `iss` of access tokens. */
  issuer: string;
  exportSources: ExportSources;
  /** Signs the cursors of lists. */
  cursorSecret: string;
  /** Whether everybody sees the addresses of accounts. */
  publicEmails: boolean;
  logger: Logger;
  beginLogin: BeginLogin;
  countRegistration: CountRegistration;
  countMails: CountMails;
  mails: MailQueue;
  secondFactors: SecondFactors;
}

/** What clients ask of auth, through the gateway. */
export const routes = (dependencies: Dependencies): Route[] => {
  const { keys, passwords, revocations, revokeSessions, beginLogin } = dependencies;
  const { countMails, mails, publicEmails, secondFactors } = dependencies;
  const requirePassword = passwordRequirer(passwords, beginLogin);
  return [
    post('/users', 'anyone', registerUser(dependencies), registerUserDescription(passwords)),
    get('/users/me', 'user', showOwnUser, showOwnUserDescription),
    patch('/users/me', 'user', renameOwnUser, renameOwnUserDescription),
    del('/users/me', 'user', deleteOwnUser(revocations), deleteOwnUserDescription),
    put('/users/me/password', 'user', changePassword(dependencies), changePasswordDescription(passwords)),
    put('/users/me/email', 'user', changeEmail(requirePassword, mails, countMails), changeEmailDescription),
    post(
      '/users/me/email/confirmation',
      'user',
      resendConfirmation(mails, countMails),
      resendConfirmationDescription,
    ),
    post('/email-confirmations', 'anyone', confirmEmail(mails, publicEmails), confirmEmailDescription),
    post(
      '/password-resets',
      'anyone',
      requestPasswordReset(mails, countMails),
      requestPasswordResetDescription,
    ),
    put(
      '/password-resets',
      'anyone',
      resetPassword(passwords, revokeSessions, mails),
      resetPasswordDescription(passwords),
    ),
    post('/users/me/totp', 'user', prepareTotp(requirePassword, secondFactors), prepareTotpDescription),
    put('/users/me/totp', 'user', enableTotp(secondFactors, mails, beginLogin), enableTotpDescription),
    post(
      '/users/me/totp/removal',
      'user',
      removeTotp(requirePassword, secondFactors, mails),
      removeTotpDescription,
    ),
    get('/users/me/export', 'user', exportAccount(dependencies.exportSources), exportAccountDescription),
    get('/users/:id', 'reader', showUser(publicEmails), showUserDescription),

    put('/users/:id/ban', 'user', banAccount(dependencies), banAccountDescription),
    del('/users/:id/ban', 'user', unbanAccount, unbanAccountDescription),
    get('/users', 'user', listAllAccounts(dependencies.cursorSecret), listAllAccountsDescription),
    put('/users/:id/role', 'user', changeRoleOfUser(dependencies), changeRoleDescription),
    del('/users/:id', 'user', deleteUser(revocations), deleteUserDescription),

    post('/login', 'anyone', logIn(dependencies), logInDescription),
    post('/refresh', 'anyone', refreshSession(dependencies), refreshSessionDescription),
    post('/logout', 'user', logOut(revokeSessions), logOutDescription),
    get('/sessions', 'user', listSessions, listSessionsDescription),
    del('/sessions', 'user', endAllSessions(revokeSessions), endAllSessionsDescription),
    del('/sessions/:id', 'user', endSession(revokeSessions), endSessionDescription),
    get('/.well-known/jwks.json', 'anyone', showKeySet(keys), showKeySetDescription),
    get(
      '/.well-known/oauth-authorization-server',
      'anyone',
      showMetadata(dependencies.issuer),
      showMetadataDescription,
    ),
  ];
};

/** The internal port, for other processes of Agora. Every process that verifies tokens may list revocations, with a secret that opens nothing else. */
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
  get('/internal/users/:id/confirmation', 'service', showConfirmation),
  get('/internal/events', 'service', listEvents(database)),
];
