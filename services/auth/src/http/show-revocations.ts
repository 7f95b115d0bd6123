import { notFound, type Handler } from '@agora/http';
import { readRevocations } from '../revocations/revocation-log.js';

/** `GET /internal/revocations?after=`: the revocations after that number, for processes that verify tokens and may have missed some. */
export const showRevocations: Handler = async (ctx) => {
  const after = new URLSearchParams(ctx.querystring).get('after') ?? '0';
  if (!/^[0-9]{1,16}$/.test(after)) throw notFound('not_found', 'There is no such revocation.');
  ctx.body = await readRevocations(Number(after));
};
