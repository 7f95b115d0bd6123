import { text, type Description, type Handler } from '@agora/http';
import { idParameter, readCursor, readQuery, writeCursor } from '@agora/http/reads';
import { hasListener } from '@agora/http/serve';
import { findCaller } from '@agora/identity';
import Joi from 'joi';
import { readFeed, type Sort } from '../../models/feed.js';
import type { FindOwnVotes } from '../../votes.js';
import { answerPage, pageAnswer, pageQuery } from './answer-page.js';
import type { Include } from './my-vote.js';

interface FeedParameters {
  sort: Sort;
  period: Period;
  owner_id?: number;
  search: string;
  limit: number;
  cursor?: string;
  include?: Include;
}

type Period = keyof typeof daysOf;

const daysOf = { day: 1, week: 7, month: 30, year: 365, all: Infinity };

/** What a client may ask of the feed. */
const feedQuery = {
  sort: Joi.string()
    .valid('new', 'top', 'hot')
    .default('new')
    .description('`new`: newest first. `top`: most votes first. `hot`: votes weighed against age.'),
  period: Joi.string()
    .valid(...Object.keys(daysOf))
    .default('all')
    .description('With `sort=top`: how old posts may be.'),
  owner_id: idParameter().example(7).description('Only posts of this user.'),
  search: text({ max: 200 })
    .default('')
    .example('roses')
    .description('Text that the title must contain, case-insensitive.'),
  ...pageQuery,
};

/** Where a page ends, and since when posts count, in milliseconds since 1970: fixed by the first page, so that the window does not move under its reader. */
type Place = [rank: number, id: number, since: number | null];

/** `GET /feed`: everybody's published posts, with a link to the next page while there is more. */
export const listFeed =
  (cursorSecret: string, findOwnVotes: FindOwnVotes): Handler =>
  async (ctx) => {
    const userId = findCaller(ctx)?.userId;
    const query = readQuery<FeedParameters>(ctx, feedQuery);
    const question = questionOf(query, userId);
    const place =
      query.cursor === undefined ? undefined : (readCursor(query.cursor, cursorSecret, question) as Place);
    const since = place ? place[2] : startOf(query);
    const page = await readFeed(
      {
        sort: query.sort,
        since: since === null ? undefined : new Date(since),
        ownerId: query.owner_id,
        search: query.search,
        limit: query.limit,
      },
      place && { rank: place[0], id: place[1] },
      () => hasListener(ctx),
    );
    const cursorAt = ({ rank, id }: { rank: number; id: number }) =>
      writeCursor([rank, id, since], cursorSecret, question);
    await answerPage(ctx, { path: '/feed', query, userId, page, cursorAt }, findOwnVotes);
  };

/** What a cursor must not be carried over to another of; the length of a page may change on the way. */
const questionOf = ({ sort, period, owner_id: ownerId, search }: FeedParameters, userId?: number) => [
  'feed',
  userId ?? null,
  sort,
  sort === 'top' ? period : null,
  ownerId ?? null,
  search,
];

const startOf = ({ sort, period }: FeedParameters): number | null =>
  sort === 'top' && period !== 'all' ? Date.now() - daysOf[period] * 86_400_000 : null;

/** For the OpenAPI document. */
export const listFeedDescription: Description = {
  name: 'listFeed',
  summary: 'List the feed',
  details:
    'Published posts of all users. `Link: <…>; rel="next"` leads to the next page. Pages do not shift: following `next` from the first page returns every post that existed then exactly once, unless it is deleted meanwhile; with `top` and `hot`, every post whose votes have not changed.',
  query: feedQuery,
  answers: { 200: pageAnswer('/feed', 'A page of posts.') },
};
