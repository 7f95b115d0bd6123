import type { Handler } from '@agora/http';
import { readQuery } from '@agora/http/reads';
import { idsParameter } from '@agora/operations/serving';
import { User } from '../../models/user.js';

/** `GET /internal/users?ids=1,2`: the accounts that exist, for services that compare their data. */
export const listUsers =
  (showsEmail: boolean): Handler =>
  async (ctx) => {
    const { ids } = readQuery<{ ids: number[] }>(ctx, { ids: idsParameter.required() });
    const users = await User.findAll({ where: { id: ids }, order: ['id'] });
    ctx.body = users.map((user) => user.toKnownUser(showsEmail));
  };
