import type { IncomingMessage } from 'node:http';
import { unavailable } from '@agora/http';
import { busiest } from '@agora/http/serve';
import type { Stoppable } from '@agora/process';
import type { Context } from 'koa';
import type { Caller } from '../admit/admit.js';

/** The streams that go through this gateway: they last, so they are bounded by themselves and not as requests. */
export interface Streams extends Stoppable {
  /**
   * Has `forward` proxy a stream, which ends with it. Beyond a bound the oldest stream of the client with the most ends. Throws a 503 when
   * the gateway drains.
   */
  hold(ctx: Context, caller: Caller, forward: () => Promise<void>): Promise<void>;
}

/** How many streams may be open: of one user, of one address and of all. */
export interface StreamBounds {
  perUser: number;
  perAddress: number;
  total: number;
}

interface Held {
  userId: number | undefined;
  address: string;
  end(): void;
}

/** The header in which posts names the user of a ticket; it is not passed on. */
export const streamUserHeader = 'agora-stream-user';

const minute = 60_000;

/** Keeps track of open streams. Stopping ends them all, as complete answers, and refuses new ones. `lasts` is called for every minute of each. */
export function holdStreams(
  bounds: StreamBounds,
  lasts: (caller: Caller) => void = () => undefined,
): Streams {
  /** The oldest first. */
  const streams = new Set<Held>();
  let isStopped = false;

  const endOldest = (candidates: readonly Held[]) => {
    const [oldest] = busiest(candidates, ({ userId, address }) => userId ?? address);
    if (!oldest) return;
    streams.delete(oldest);
    oldest.end();
  };
  const makeRoom = ({ userId, address }: Pick<Caller, 'userId' | 'address'>) => {
    const all = [...streams];
    const ofUser = all.filter((stream) => userId !== undefined && stream.userId === userId);
    const ofAddress = all.filter((stream) => stream.address === address);
    if (ofUser.length >= bounds.perUser) endOldest(ofUser);
    else if (ofAddress.length >= bounds.perAddress) endOldest(ofAddress);
    else if (all.length >= bounds.total) endOldest(busiest(all, (stream) => stream.address));
  };

  return {
    async hold(ctx, caller, forward) {
      if (isStopped) throw unavailable('The gateway is shutting down.', 1, 'draining');
      makeRoom(caller);
      const stream = watchStream(ctx, caller, (userId) => {
        // The ticket's user is known only now.
        streams.delete(stream);
        makeRoom({ userId, address: caller.address });
        streams.add(stream);
      });
      streams.add(stream);
      const timer = setInterval(() => lasts(caller), minute);
      try {
        await forward();
      } finally {
        clearInterval(timer);
        streams.delete(stream);
      }
    },
    async stop() {
      isStopped = true;
      for (const stream of streams) stream.end();
    },
  };
}

/** A stream that can be ended as a whole answer, also before it has begun. */
function watchStream(ctx: Context, { userId, address }: Caller, learnedUser: (userId: number) => void): Held {
  let hasEnded = false;
  const stream: Held = { userId, address, end: () => (hasEnded = true) };
  ctx.res.once('pipe', (answer: IncomingMessage) => {
    stream.end = () => {
      // What the service still says would come after the end.
      answer.unpipe(ctx.res);
      ctx.res.end();
    };
    const owner = answer.headers[streamUserHeader];
    if (userId === undefined && owner !== undefined && !hasEnded) {
      stream.userId = Number(owner);
      learnedUser(stream.userId);
    }
    if (hasEnded) stream.end();
  });
  return stream;
}
