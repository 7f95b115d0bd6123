import { unavailable } from '@agora/http';
import type { Logger, Stoppable } from '@agora/process';
import type { Broker } from '@agora/messaging';
import type { Sequelize } from 'sequelize';
import { gatherAudience, type Listener } from './audience.js';
import { maxUnread, type EventStream } from './event-stream.js';
import { followNews, type News } from './news.js';
import { renderEvents } from './render-event.js';
import { repeat, type Repetition } from './repeat.js';

/** Sends what happens to published posts to all who follow the feed. */
export interface LiveFeed extends Stoppable {
  /**
   * Opens a client's stream: with what it missed since the event of that id, or from now. It ends soon after `isGood` denies it.
   * Throws a 503 when none can be opened.
   */
  open(lastEventId: string, listener: Listener): Promise<EventStream>;
  /** Ends all streams and accepts no new ones; clients reconnect to another replica with the id of their last event. */
  end(): void;
}

export interface LiveFeedOptions {
  broker: Broker;
  database: Sequelize;
  logger: Logger;
  /** How many streams may be open; beyond it the oldest stream of the user with the most ends. */
  maxStreams: number;
}

/** How often counts are sent, at most. */
const turnMilliseconds = 250;
const openMilliseconds = 3_000;
/** How long a client that comes from another replica waits until this one has received what that one has sent. */
const aheadMilliseconds = 2_000;

interface Joiner {
  stream: EventStream;
  lastEventId: string;
  waitsSince: number;
  admitted(): void;
}

/** Creates the live feed of this process. It follows nothing until the first stream is opened. */
export function createLiveFeed({ broker, database, logger, maxStreams }: LiveFeedOptions): LiveFeed {
  let running: { news: News; turns: Repetition } | undefined;
  const joiners = new Set<Joiner>();
  const audience = gatherAudience(maxStreams);

  const start = () => {
    const news = followNews({
      broker,
      database,
      logger,
      postReceived: () => turns.wake(),
      send: (events, before, after) => {
        if (events.length > 0) audience.sendAll(renderEvents(events, before, after));
      },
    });
    let isReady = false;
    let votesSentAt = -Infinity;
    // One after the other: what is read from the database later must be sent later.
    const turns = repeat(
      async () => {
        isReady ||= await news.catchUp();
        if (!isReady) return;
        if (news.wasLost()) audience.sendAll(renderReset(news.position()));
        await news.sendPosts();
        if (performance.now() - votesSentAt >= turnMilliseconds) {
          votesSentAt = performance.now();
          await news.sendVotes();
        }
        await admitAll(news);
      },
      turnMilliseconds,
      logger,
    );
    return { news, turns };
  };

  /** Clients that come at once come back from the same end, mostly with the same id. */
  const admitAll = async (news: News) => {
    for (const [lastEventId, group] of Map.groupBy(joiners, (joiner) => joiner.lastEventId)) {
      const missed = await missedSince(lastEventId, news);
      for (const joiner of group) {
        const waited = performance.now() - joiner.waitsSince;
        if (missed === 'ahead' && waited < aheadMilliseconds) continue;
        audience.include(joiner.stream, missed === 'ahead' ? renderReset(news.position()) : missed);
        joiners.delete(joiner);
        joiner.admitted();
      }
    }
  };

  return {
    async open(lastEventId, listener) {
      const stream = audience.open(listener);
      running ??= start();
      const { promise: admission, resolve: admitted } = Promise.withResolvers<void>();
      const joiner = { stream, lastEventId, waitsSince: performance.now(), admitted };
      joiners.add(joiner);
      running.turns.wake();
      const timer = setTimeout(admitted, openMilliseconds);
      await admission;
      clearTimeout(timer);
      if (!joiners.delete(joiner)) return stream;
      stream.destroy();
      throw unavailable('The live feed is temporarily unavailable. Try again shortly.');
    },
    end: () => audience.end(),
    async stop() {
      audience.end();
      await running?.turns.stop();
      await running?.news.stop();
    },
  };
}

const renderReset = (id: string): Buffer => renderEvents([{ event: 'reset', data: {} }], id, id);

/** What a client is sent first, if anything; `ahead` when this replica has not received yet what the client knows. */
async function missedSince(lastEventId: string, news: News): Promise<Buffer | 'ahead' | undefined> {
  if (lastEventId === '') return undefined;
  const missed = await news.since(lastEventId);
  if (missed === 'ahead') return 'ahead';
  if (missed === 'unknown') return renderReset(news.position());
  if (missed.length === 0) return undefined;
  const events = renderEvents(missed, lastEventId, news.position());
  return events.length <= maxUnread / 2 ? events : renderReset(news.position());
}
