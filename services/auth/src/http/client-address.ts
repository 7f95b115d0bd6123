import type { Context } from 'koa';

/** The client's address as the gateway names it; nobody else may reach this service. */
export const clientAddress = (ctx: Context): string => ctx.get('x-forwarded-for') || ctx.ip;
