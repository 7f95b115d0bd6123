import { query } from '@agora/testing';

/** Has the next auth on this database take the cost of passwords from its settings, not from accounts that a test made costly: a wrong one takes as long as the costliest. */
export const forgetHashes = () => query("UPDATE auth.users SET password_hash = ''");
