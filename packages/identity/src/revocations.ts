import { Histogram, type Logger } from '@agora/chassis';
import { sessionRevoked, sessionsRevoked, userDeleted } from '@agora/contracts';
import { followStream, type Broker, type Follower } from '@agora/messaging';
import type { Caller } from './caller.js';
import { acceptsLegacyTokens, isLegacySession } from './legacy-tokens.js';
import { legacyDays, type IdentitySettings } from './settings.js';

/** Sessions and users whose access tokens are refused although they have not expired. */
export interface Revocations {
  isRevoked(caller: Caller): boolean;
  /** Refuses a session's tokens in this process at once, before its event comes around. */
  revokeSession(sessionId: string, at?: Date): void;
  /** Refuses the tokens of all sessions of a user whose number is not greater than `upTo`, but for those of the excepted one. */
  revokeSessions(userId: number, which: EndedSessions, at?: Date): void;
  revokeUser(userId: number, at?: Date): void;
  /** Whether all that is known to the stream is known here. */
  isComplete(): boolean;
  stop(): Promise<void>;
}

/** Sessions of a user that ended together. */
export interface EndedSessions {
  upTo: number;
  exceptSessionId?: string;
}

const lag = new Histogram({
  name: 'revocation_lag_seconds',
  help: 'Seconds from the ending of a session to its being known here',
  buckets: [0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30],
});

const pruneMilliseconds = 60_000;
/** Clocks may differ, and a token may be signed a moment after its session was ended by another replica. */
const marginSeconds = 60;

/** Keeps in memory what the auth stream tells of ended sessions and deleted users, for as long as a token of theirs could live. */
export function followRevocations(
  settings: Pick<IdentitySettings, 'ACCESS_TOKEN_EXPIRE_MINUTES' | 'LEGACY_TOKENS_UNTIL'>,
  broker: Broker,
  logger: Logger,
): Revocations {
  const seconds = settings.ACCESS_TOKEN_EXPIRE_MINUTES * 60 + marginSeconds;
  // Tokens of the replaced application may live longer than ours, up to their date.
  const legacyUntil = settings.LEGACY_TOKENS_UNTIL?.getTime() ?? 0;
  const sessions = new Map<string, number>();
  const users = new Map<number, number>();
  const remember = <Key>(revoked: Map<Key, number>, key: Key, at: Date, isLegacy: boolean) => {
    const until = Math.max(at.getTime() + seconds * 1_000, isLegacy ? legacyUntil : 0);
    if (until > Date.now()) revoked.set(key, until);
  };
  const revokeSession = (sessionId: string, at = new Date()) =>
    remember(sessions, sessionId, at, isLegacySession(sessionId));
  const endedUpTo = new Map<number, EndedSessions & { until: number }>();
  const revokeSessions = (userId: number, which: EndedSessions, at = new Date()) => {
    // Tokens of the replaced application have no number and end too.
    const until = Math.max(at.getTime() + seconds * 1_000, legacyUntil);
    const known = endedUpTo.get(userId);
    if (until > Date.now() && !(known && known.upTo > which.upTo))
      endedUpTo.set(userId, { ...which, until: Math.max(until, known?.until ?? 0) });
  };
  const wasEnded = ({ userId, sessionId, sessionNumber }: Caller) => {
    const ended = endedUpTo.get(userId);
    return ended !== undefined && sessionNumber <= ended.upTo && sessionId !== ended.exceptSessionId;
  };
  const revokeUser = (userId: number, at = new Date()) => remember(users, userId, at, true);

  const following = followStream({
    broker,
    publisher: 'auth',
    seconds: acceptsLegacyTokens(settings) ? legacyDays * 86_400 : seconds,
    logger,
    followers: [
      follower(sessionRevoked, ({ session_id: id }, at) => {
        observeLag(at);
        revokeSession(id, at);
      }),
      follower(sessionsRevoked, ({ user_id: id, up_to: upTo, except_session_id: except }, at) => {
        observeLag(at);
        revokeSessions(id, { upTo, ...(except && { exceptSessionId: except }) }, at);
      }),
      follower(userDeleted, ({ user_id: id }, at) => {
        observeLag(at);
        revokeUser(id, at);
      }),
    ],
  });
  // What was read of the past came late for no fault of anybody's.
  const observeLag = (at: Date) => {
    if (following.isCaughtUp()) lag.observe(Math.max(0, (Date.now() - at.getTime()) / 1_000));
  };
  const pruning = setInterval(() => {
    for (const revoked of [sessions, users]) prune(revoked);
    for (const [userId, { until }] of endedUpTo) if (until <= Date.now()) endedUpTo.delete(userId);
  }, pruneMilliseconds);
  pruning.unref();

  return {
    isRevoked: (caller) => sessions.has(caller.sessionId) || users.has(caller.userId) || wasEnded(caller),
    revokeSession,
    revokeSessions,
    revokeUser,
    isComplete: following.isCaughtUp,
    async stop() {
      clearInterval(pruning);
      await following.stop();
    },
  };
}

const follower = <Data>(
  event: Follower<Data>['event'] & { schema: unknown },
  follow: Follower<Data>['follow'],
) => ({ event, follow }) as Follower<never>;

function prune(revoked: Map<unknown, number>): void {
  const now = Date.now();
  for (const [key, until] of revoked) if (until <= now) revoked.delete(key);
}
