import { text, type Description, type Handler } from '@agora/http';
import {
  cursorParameter,
  integerParameter,
  linkToNext,
  nextLink,
  readCursor,
  readQuery,
  writeCursor,
} from '@agora/http/reads';
import { notAllowed, requireRole } from '@agora/identity';
import Joi from 'joi';
import { listAccounts, type ListedAccount } from '../../models/listed-account.js';
import { accountView } from '../accounts/user-view.js';

const query = {
  search: text({ max: 200 })
    .default('')
    .example('ada')
    .description('Text that the name or address must contain, case-insensitive.'),
  limit: integerParameter({ min: 1, max: 100, fallback: 10 }),
  cursor: cursorParameter(),
};

const largestId = 2_147_483_647;

/** `GET /users`: all accounts, newest first, with a link to the next page while there is more. */
export const listAllAccounts =
  (cursorSecret: string): Handler =>
  async (ctx) => {
    const { userId } = requireRole(ctx, 'admin');
    const asked = readQuery<{ search: string; limit: number; cursor?: string }>(ctx, query);
    const { search, limit, cursor } = asked;
    const question = ['users', userId, search];
    const [upTo] =
      cursor === undefined ? [largestId] : (readCursor(cursor, cursorSecret, question) as [number]);
    const { accounts, next } = await listAccounts(upTo, limit, search);
    if (next) linkToNext(ctx, '/users', asked, writeCursor([next], cursorSecret, question));
    ctx.body = accounts;
  };

const listedAccount = (accountView as unknown as Joi.ObjectSchema<ListedAccount>)
  .keys({
    banned_until: Joi.string()
      .isoDate()
      .required()
      .allow(null)
      .description('When the ban ends; `9999-12-31T23:59:59Z` if it is permanent, null if there is none.'),
  })
  .example(
    {
      id: 7,
      name: 'ada',
      email: 'ada@example.com',
      email_verified: true,
      role: 'user',
      totp: false,
      created_at: '2026-01-31T12:00:00.000Z',
      banned_until: null,
    },
    { override: true },
  )
  .meta({ name: 'AccountWithBan' });

/** For the OpenAPI document. */
export const listAllAccountsDescription: Description = {
  name: 'listAccounts',
  summary: 'List accounts',
  details: 'Newest first. Admins only.',
  query,
  answers: {
    200: {
      summary: 'Newest first.',
      body: Joi.array().items(listedAccount).meta({ name: 'AccountList' }),
      optionalHeaders: nextLink('/users'),
    },
  },
  refuses: [notAllowed()],
};
