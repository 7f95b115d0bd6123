import type { Context } from 'koa';
import { Problem } from '../endpoint/problem.js';

/** The client left before its answer began: this one is for the log only. 499 is nginx's status for it. */
export const clientLeft = () => new Problem(499, 'client_left', 'The client closed the connection.');

/** Whether the client still waits for its answer. */
export const hasListener = ({ res }: Context): boolean => !res.destroyed;

/** Throws a 499 when the client has left: to be called before work that only the answer needs. */
export function requireListener(ctx: Context): void {
  if (!hasListener(ctx)) throw clientLeft();
}
