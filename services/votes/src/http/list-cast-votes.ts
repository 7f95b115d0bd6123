import { parseId, type Handler } from '@agora/http';
import { integerParameter, readQuery } from '@agora/http/reads';
import { Vote } from '../models/vote.js';

const pageSize = 1_000;
const query = { after: integerParameter({ min: 0, max: 2_147_483_647, fallback: 0 }) };

/** `GET /internal/voters/{user id}/cast?after=7`: the next votes of a user, by post, and where the page after them begins; for exports. */
export const listCastVotes: Handler = async (ctx) => {
  const userId = parseId(ctx.params.id);
  const { after } = readQuery<{ after: number }>(ctx, query);
  const items = await Vote.listOf(userId, after, pageSize);
  const last = items.length === pageSize ? items.at(-1) : undefined;
  ctx.body = { items, ...(last && { next: last.post_id }) };
};
