import {
  idParameter,
  integerParameter,
  invalid,
  readQuery,
  text,
  type Description,
  type Handler,
} from '@agora/chassis';
import { requireUser } from '@agora/identity';
import Joi from 'joi';
import type { Context } from 'koa';
import { readFeed, usualLimit, type Sort } from '../models/feed.js';
import { viewOf } from '../models/shown-post.js';
import { cursorShape, readCursor, writeCursor, type Cursor } from './feed-cursor.js';
import { postView } from './post-view.js';

interface FeedParameters {
  sort: Sort;
  period: Period;
  owner_id?: number;
  search: string;
  limit: number;
  cursor?: string;
}

type Period = keyof typeof daysOf;

const daysOf = { day: 1, week: 7, month: 30, year: 365, all: Infinity };

/** What a client may ask of the feed. */
const feedQuery = {
  sort: Joi.valid('new', 'top', 'hot').default('new'),
  period: Joi.valid(...Object.keys(daysOf))
    .default('all')
    .description('How old a post may be, with `top`.'),
  owner_id: idParameter(),
  search: text({ max: 200 }).default('').description('What the title contains, in any case.'),
  limit: integerParameter({ min: 1, max: 100, fallback: usualLimit }),
  cursor: Joi.string()
    .pattern(cursorShape)
    .description('Where to go on, from `Link`; for the same sort and filters alone.')
    .messages({ 'string.pattern.base': '{#label} must be one that a page of the feed linked to' }),
};

/** `GET /feed`: everybody's published posts, with a link to the next page while there is more. */
export const listFeed =
  (cursorSecret: string): Handler =>
  async (ctx) => {
    requireUser(ctx);
    const query = readQuery<FeedParameters>(ctx, feedQuery);
    const question = questionOf(query);
    const cursor = query.cursor === undefined ? undefined : readCursor(query.cursor, cursorSecret, question);
    if (query.cursor !== undefined && !cursor) throw foreignCursor();
    const since = cursor ? cursor.since : startOf(query);
    const { posts, end } = await readFeed(
      {
        sort: query.sort,
        since: since === undefined ? undefined : new Date(since),
        ownerId: query.owner_id,
        search: query.search,
        limit: query.limit,
      },
      cursor,
    );
    if (end) linkToNext(ctx, query, writeCursor({ ...end, since }, cursorSecret, question));
    ctx.body = posts.map(viewOf);
  };

/** What a cursor must not be carried over to another of; the length of a page may change on the way. */
const questionOf = ({ sort, period, owner_id: ownerId, search }: FeedParameters) => [
  sort,
  sort === 'top' ? period : undefined,
  ownerId,
  search,
];

function startOf({ sort, period }: FeedParameters): Cursor['since'] {
  return sort === 'top' && period !== 'all' ? Date.now() - daysOf[period] * 86_400_000 : undefined;
}

const foreignCursor = () =>
  invalid([
    { field: 'cursor', message: 'cursor must be one that a page of this same sort and filters linked to' },
  ]);

/** RFC 8288, relative to wherever the client found this page. */
function linkToNext(ctx: Context, query: FeedParameters, cursor: string): void {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, cursor }))
    if (value !== '') parameters.set(name, String(value));
  ctx.set('Link', `</feed?${parameters.toString()}>; rel="next"`);
}

/** What clients are told of it. */
export const listFeedDescription: Description = {
  name: 'listFeed',
  summary: "List everybody's published posts",
  details:
    'Follow `Link: <…>; rel="next"` for the next page. Pages never shift: from the first on, each post that was there then comes once, whatever is written or deleted meanwhile; with `top` and `hot` each whose votes stay as they are.',
  query: feedQuery,
  answers: {
    200: {
      summary: 'A page of posts.',
      body: Joi.array().items(postView),
      optionalHeaders: { Link: '`</feed?…>; rel="next"` while there is more.' },
    },
  },
};
