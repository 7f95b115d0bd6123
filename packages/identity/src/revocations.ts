import { every, Gauge, Histogram, type Logger } from '@agora/process';
import {
  sessionRevoked,
  sessionsRevoked,
  userDeleted,
  type EventDefinition,
  type Numbered,
} from '@agora/contracts';
import type { Broker } from '@agora/messaging';
import { followStream, openBroadcast, type Follower } from '@agora/messaging/reading';
import Joi from 'joi';
import { askAuthForRevocations, type AskForRevocations } from './ask-for-revocations.js';
import { knowAll } from './know-all.js';
import { acceptsLegacyTokens, isLegacySession } from './legacy-tokens.js';
import { rememberRevoked, type EndedSessions, type Revoked, type TokenHolder } from './revoked.js';
import { legacyDays, type IdentitySettings, type RevocationSettings } from './settings.js';

/** Sessions and users whose access tokens are refused although they have not expired. */
export interface Revocations {
  /** Whether this process knows every revocation; until it does, it cannot accept tokens. */
  areKnown(): boolean;
  isRevoked(holder: TokenHolder): boolean;
  /** Refuses a session's tokens in this process at once, before its event comes around. */
  revokeSession(sessionId: string): void;
  /** The same for all sessions of a user with a number up to `upTo`, except the excepted one. */
  revokeSessions(userId: number, which: EndedSessions): void;
  revokeUser(userId: number): void;
  stop(): Promise<void>;
}

const lag = new Histogram({
  name: 'revocation_lag_seconds',
  help: 'Seconds from the end of a session until this process knows of it',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30],
});

const skew = new Gauge({
  name: 'clock_skew_seconds',
  help: "How far the clock of auth is ahead of this process's; tokens are refused from 5 s on",
});

/** Clocks may differ, and a token may be signed a moment after its session was ended by another replica. */
const marginSeconds = 60;
const minute = 60_000;

/** The subject of auth's heartbeat: every half second the number of its newest revocation, to current listeners. */
export const heartbeatSubject = 'heartbeat.auth';

export interface Heartbeat {
  newest: number;
  /** By the clock of auth, in milliseconds since 1970. */
  at: number;
}

const heartbeatSchema = Joi.object<Heartbeat>({
  newest: Joi.number().integer().min(0).required(),
  at: Joi.number().required(),
}).unknown();

/**
 * Keeps in memory which sessions have ended and which users were deleted, for as long as a token of theirs could live: from the stream of
 * auth, and from `ask` where the stream is silent.
 */
export function followRevocations(
  settings: Pick<IdentitySettings, 'ACCESS_TOKEN_EXPIRE_MINUTES' | 'LEGACY_TOKENS_UNTIL'> &
    RevocationSettings,
  broker: Broker,
  logger: Logger,
  ask: AskForRevocations = askAuthForRevocations(settings),
): Revocations {
  const seconds = settings.ACCESS_TOKEN_EXPIRE_MINUTES * 60 + marginSeconds;
  // Tokens of the replaced application may live longer than ours.
  const userSeconds = acceptsLegacyTokens(settings) ? legacyDays * 86_400 : seconds;
  const revoked = rememberRevoked({
    minutes: Math.ceil(seconds / 60) + 1,
    userMinutes: Math.ceil(userSeconds / 60) + 1,
    isLongLived: isLegacySession,
  });
  const kinds = kindsOf(revoked);
  /** The highest number that came by the stream. */
  let newest = 0;
  const following = followStream({
    broker,
    publisher: 'auth',
    seconds: userSeconds,
    logger,
    followers: kinds.map(({ event, take }) => ({
      event,
      follow(data, at) {
        take(data);
        const { revocation, previous_revocation: previous } = data as Numbered;
        if (revocation !== undefined) knowing.received(revocation, previous ?? 0);
        // What was read of the past, at the start or again after a break, came late for no fault of anybody's.
        const isNews = following.isCaughtUp() && (revocation === undefined || revocation > newest);
        newest = Math.max(newest, revocation ?? 0);
        if (isNews) lag.observe(Math.max(0, (Date.now() - at.getTime()) / 1_000));
      },
    })),
  });
  const knowing = knowAll({
    ask,
    take: ({ type, data }) => kinds.find(({ event }) => event.type === type)?.take(data as never),
    isStreamRead: following.isAtEnd,
    blindSeconds: settings.REVOCATION_BLIND_SECONDS,
    logger,
  });
  const heartbeats = openBroadcast(broker, heartbeatSubject, (message) => {
    const { value, error } = heartbeatSchema.validate(message, { convert: false });
    if (error) return;
    skew.set((value.at - Date.now()) / 1_000);
    // Numbers are microseconds since 1970.
    knowing.receivedHeartbeat(value.newest, value.newest / 1_000 < value.at - userSeconds * 1_000);
  });
  const aging = every('forgetting of old revocations', minute, async () => revoked.age(), { logger });

  return {
    areKnown: knowing.isGood,
    isRevoked: revoked.has,
    revokeSession: revoked.addSession,
    revokeSessions: revoked.addSessions,
    revokeUser: revoked.addUser,
    async stop() {
      await Promise.all([aging, heartbeats, knowing, following].map((part) => part.stop()));
    },
  };
}

interface Kind {
  event: Follower<never>['event'];
  take(data: never): void;
}

/** What each event that revokes something does. */
const kindsOf = (revoked: Revoked): Kind[] => [
  kind(sessionRevoked, ({ session_id: id }) => revoked.addSession(id)),
  kind(sessionsRevoked, ({ user_id: id, up_to: upTo, except_session_id: exceptSessionId }) =>
    revoked.addSessions(id, { upTo, ...(exceptSessionId && { exceptSessionId }) }),
  ),
  kind(userDeleted, ({ user_id: id }) => revoked.addUser(id)),
];

const kind = <Data>(event: EventDefinition<Data>, take: (data: Data) => void): Kind => ({ event, take });
