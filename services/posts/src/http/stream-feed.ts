import type { Handler } from '@agora/chassis';
import { isTokenStillGood, type Verifier } from '@agora/identity';
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
