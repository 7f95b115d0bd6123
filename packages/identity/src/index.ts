export { authenticate, isTokenStillGood, requireUser } from './authenticate.js';
export { roles, type Caller, type Role } from './caller.js';
export { type KeySet } from './key-set.js';
export { acceptsLegacyTokens, legacySessionOf } from './legacy-tokens.js';
export { followRevocations, type EndedSessions, type Revocations } from './revocations.js';
export { identitySettings, type IdentitySettings } from './settings.js';
export { createVerifier, type Verifier } from './verify.js';
