import { forbidden } from '@agora/http';
import type { Context } from 'koa';
import { requireUser } from './authenticate.js';
import { roles, type Caller, type Role } from './caller.js';

/** Whether a role has all the rights of another. */
export const isAtLeast = (role: Role, least: Role): boolean => roles.indexOf(role) >= roles.indexOf(least);

/** The caller of a request, if their role is at least this one; otherwise throws 403, whatever else is wrong with the request. */
export function requireRole(ctx: Context, least: Role): Caller {
  const caller = requireUser(ctx);
  if (!isAtLeast(caller.role, least)) throw notAllowed();
  return caller;
}

/** 403: the caller's role is not enough for that. */
export const notAllowed = () => forbidden('not_allowed', 'Your role does not allow this.');
