import { routes, type Dependencies } from './http/routes.js';
import { passwordSchema } from './passwords/passwords.js';

/** What is here to be described. Nothing behind it is there, and no handler is ever called. */
export const endpoints = routes({
  passwords: { schema: passwordSchema({ PASSWORD_MIN_LENGTH: 8, PASSWORD_BLOCKLIST: true }) },
} as Dependencies);
