export { authenticate, requireUser } from './authenticate.js';
export { type KeySet } from './key-set.js';
export { identitySettings, type IdentitySettings } from './settings.js';
export { createVerifier, type Caller, type Verifier } from './verify.js';
