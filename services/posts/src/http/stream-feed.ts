import type { Description, Handler } from '@agora/chassis';
import { isTokenStillGood, type Verifier } from '@agora/identity';
import Joi from 'joi';
import type { LiveFeed } from '../live/live-feed.js';

/** `GET /feed/stream`: what happens to everybody's published posts, as server-sent events, until the token ends. */
export const streamFeed =
  (liveFeed: LiveFeed, verifier: Verifier): Handler =>
  async (ctx) => {
    const isHead = ctx.method === 'HEAD';
    const stream = isHead
      ? undefined
      : await liveFeed.open(ctx.get('last-event-id'), () => isTokenStillGood(ctx, verifier));
    ctx.status = 200;
    ctx.set({ 'Content-Type': 'text/event-stream', 'X-Accel-Buffering': 'no' });
    if (stream) ctx.body = stream;
  };

/** What clients are told of it. */
export const streamFeedDescription: Description = {
  name: 'streamFeed',
  summary: 'Follow what happens to published posts',
  details:
    'Server-sent events, each with an `id` to go on from, until the access token ends: `post-published` and `post-changed` (`data`: the Post), `post-deleted` (`{"id"}`; a post taken back to draft too), `votes` (`{"id","votes"}`), and `reset` (`{}`) where something was missed, because the `Last-Event-ID` is unknown or too old. A line comes at least every 15 s.',
  headers: {
    'Last-Event-ID': Joi.string().description(
      'The `id` of the last event that was seen; without it, from now on.',
    ),
  },
  answers: {
    200: { summary: 'The events.', body: Joi.string(), mediaType: 'text/event-stream' },
  },
};
