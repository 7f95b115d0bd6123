import { Problem, unauthorized, type Description, type Handler } from '@agora/http';
import { readQuery } from '@agora/http/reads';
import { findCaller, isTokenStillGood, revocationsUnknown, type Verifier } from '@agora/identity';
import Joi from 'joi';
import type { Context } from 'koa';
import type { Listener } from '../../live/audience.js';
import type { LiveFeed } from '../../live/live-feed.js';
import { lookAtTicket, redeemTicket } from '../../models/stream-ticket.js';

const query = {
  ticket: Joi.string()
    .allow('')
    .description('A ticket from `POST /feed/stream/tickets`, in place of an access token.')
    .example('qO3s0WgAS8Kl7tBq1P1J6nq2gT1bJr3bXw9Xo4m5mZc'),
};

/** Whether a request is one for the stream that comes with a ticket in place of a token. */
export const carriesTicket = (ctx: Context): boolean =>
  /^\/feed\/stream\/?$/.test(ctx.path) && new URLSearchParams(ctx.querystring).has('ticket');

/** `GET /feed/stream`: what happens to everybody's published posts, as server-sent events, until the token or the session ends. */
export const streamFeed =
  (liveFeed: LiveFeed, verifier: Verifier): Handler =>
  async (ctx) => {
    const { ticket } = readQuery<{ ticket?: string }>(ctx, query);
    const listener = await listenerOf(ctx, ticket, verifier);
    ctx.status = 200;
    ctx.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    if (ctx.method !== 'HEAD') ctx.body = await liveFeed.open(ctx.get('last-event-id'), listener);
  };

async function listenerOf(ctx: Context, ticket: string | undefined, verifier: Verifier): Promise<Listener> {
  const known = findCaller(ctx);
  if (known) return { client: String(known.userId), isGood: () => isTokenStillGood(ctx, verifier) };
  if (ticket === undefined)
    return { client: ctx.get('x-forwarded-for') || ctx.ip, isGood: () => Promise.resolve(true) };
  if (!verifier.isReady()) throw revocationsUnknown();
  // A HEAD asks for nothing that would use a ticket up.
  const caller = await (ctx.method === 'HEAD' ? lookAtTicket : redeemTicket)(ticket);
  if (!caller || !verifier.isStillGood(caller)) throw invalidTicket();
  // For the gateway, which counts streams by user and does not pass it on.
  ctx.set('Agora-Stream-User', String(caller.userId));
  return { client: String(caller.userId), isGood: async () => verifier.isStillGood(caller) };
}

const invalidTicket = (): Problem => {
  const { status, code, headers } = unauthorized('invalid_token');
  return new Problem(
    status,
    code,
    'The ticket is invalid, expired or already used, or its session has ended.',
    {
      headers,
    },
  );
};

/** For the OpenAPI document. */
export const streamFeedDescription: Description = {
  name: 'streamFeed',
  summary: 'Stream the feed',
  details:
    'Server-sent events about published posts, until the access token expires: `post-published` and `post-changed` (`data` is the Post), `post-deleted` (`{"id"}`; also when a post becomes a draft), `votes` (`{"id","votes"}`), and `reset` (`{}`) if events were missed because the `Last-Event-ID` is unknown or too old. Every event has an `id` to resume from. The stream starts with `retry:` and sends a comment at least every 15 seconds. When there are too many streams, the oldest stream of the user with the most is closed.',
  query,
  headers: {
    'Last-Event-ID': Joi.string()
      .example('POSTS:120,VOTES:4711')
      .description('The `id` of the last event that you received. Without it the stream starts now.'),
  },
  answers: {
    200: { summary: 'The events.', body: Joi.string(), mediaType: 'text/event-stream' },
  },
};
