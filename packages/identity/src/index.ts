export {
  authenticate,
  authenticateReader,
  findCaller,
  isTokenStillGood,
  requireUser,
  revocationsUnknown,
} from './authenticate.js';
export { roles, type Caller, type Role } from './caller.js';
export { type KeySet } from './key-set.js';
export { acceptsLegacyTokens, legacySessionOf } from './legacy-tokens.js';
export { type AskForRevocations, type RevocationPage } from './ask-for-revocations.js';
export { followRevocations, heartbeatSubject, type Heartbeat, type Revocations } from './revocations.js';
export { type EndedSessions } from './revoked.js';
export {
  identitySettings,
  readerSettings,
  revocationSettings,
  type IdentitySettings,
  type ReaderSettings,
  type RevocationSettings,
} from './settings.js';
export { isAtLeast, notAllowed, requireRole } from './require-role.js';
export { createVerifier, type Verifier } from './verify.js';
export { confirmedEmails, emailNotConfirmed, type WithConfirmedEmail } from './confirmed-email.js';
