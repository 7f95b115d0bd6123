import type { Readable } from 'node:stream';
import { tooMany, unavailable, type Stoppable } from '@agora/chassis';
import { requireUser } from '@agora/identity';
import type { Context } from 'koa';

/** The streams that go through this gateway: they last, so they are bounded by themselves and not as requests. */
export interface Streams extends Stoppable {
  /**
   * Has `forward` pass a stream on, which ends with it. Throws a 429 when its user has too many, and a 503 when there are too many
   * or the gateway drains.
   */
  hold(ctx: Context, forward: () => Promise<void>): Promise<void>;
}

/** How many streams may be open, of one user and of all. */
export interface StreamBounds {
  perUser: number;
  total: number;
}

interface Held {
  userId: number;
  end(): void;
}

/** Holds streams until they end. Stopping ends them all, as whole answers, and lets no more begin. */
export function holdStreams({ perUser, total }: StreamBounds): Streams {
  const streams = new Set<Held>();
  let isStopped = false;
  return {
    async hold(ctx, forward) {
      const { userId } = requireUser(ctx);
      if (isStopped || streams.size >= total) throw unavailable('No more streams can be opened here.');
      const own = [...streams].filter((stream) => stream.userId === userId).length;
      if (own >= perUser) throw tooManyStreams();
      const stream: Held = { userId, end: () => undefined };
      streams.add(stream);
      ctx.res.once('pipe', (answer: Readable) => {
        stream.end = () => {
          // What the service still says would come after the end.
          answer.unpipe(ctx.res);
          ctx.res.end();
        };
        if (isStopped) stream.end();
      });
      try {
        await forward();
      } finally {
        streams.delete(stream);
      }
    },
    async stop() {
      isStopped = true;
      for (const stream of streams) stream.end();
    },
  };
}

/** 429: the user has as many streams open as one may have. */
export const tooManyStreams = () =>
  tooMany('too_many_streams', 'Too many streams are open. Close one first.', 5);
