import type { Context } from 'koa';

/** The client's address as the gateway passes it on; only the gateway reaches this port. */
export const clientAddress = (ctx: Context): string => ctx.get('x-forwarded-for') || ctx.ip;
