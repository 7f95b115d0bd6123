import { delay, Gauge, loop, type Logger, type Stoppable } from '@agora/process';
import type { AskForRevocations, RevocationPage } from './ask-for-revocations.js';

export interface KnowingOptions {
  ask: AskForRevocations;
  /** Applies an answer of auth. */
  take(revocation: RevocationPage['revocations'][number]): void;
  /** Asks NATS whether the whole stream has been read; rejects when it gives no answer. */
  isStreamRead(): Promise<boolean>;
  /** How long this process may serve tokens without a confirmation that it knows all revocations. */
  blindSeconds: number;
  logger: Logger;
}

/** Tracks which numbered revocations of auth this process knows; each names the previous one. */
export interface Knowing extends Stoppable {
  /** Whether this process was recently confirmed to know all revocations. */
  isGood(): boolean;
  /** To be called for a heartbeat of auth: the number of its newest revocation, and whether that is too old to concern a valid token. */
  receivedHeartbeat(number: number, isOld?: boolean): void;
  /** To be called for a revocation from the stream. */
  received(number: number, previous: number): void;
}

const known = new Gauge({
  name: 'revocations_known',
  help: '1 while this process knows all revocations, else 0: requests with a token are then refused',
});

/** The interval of auth's heartbeats, with a margin. */
const heartbeatMilliseconds = 700;
/** After two heartbeats that were missing or named an unknown revocation, auth is asked. */
const patienceMilliseconds = 1_000;
const askMilliseconds = 1_000;
const turnMilliseconds = 100;
const maxAhead = 1_000;

/**
 * Determines whether this process knows all revocations. A heartbeat with a known number confirms it. Without heartbeats it asks auth, and when
 * auth is away too, NATS: reading the stream to its end is then enough (docs/decisions/0046-revocations-are-numbered.md).
 */
export function knowAll(options: KnowingOptions): Knowing {
  const { ask, take, isStreamRead, blindSeconds, logger } = options;
  /** All revocations up to this number are known; undefined until auth has confirmed it. */
  let knownUpTo: number | undefined;
  let newestNamed = 0;
  /** Revocations up to this one concern no token that is still valid. */
  let oldUpTo = 0;
  /** The newest revocation from the stream, including those that arrived out of order. */
  let newestSeen = 0;
  const ahead = new Map<number, number>();
  let confirmedAt = -Infinity;
  let askedAt = -Infinity;

  const now = () => performance.now();
  const confirm = (at = now()) => {
    if (confirmedAt === -Infinity) logger.info('all revocations are known');
    confirmedAt = at;
  };
  const knowUpTo = (number: number) => {
    knownUpTo = Math.max(knownUpTo ?? 0, number);
    for (const [previous, next] of [...ahead].toSorted(([one], [other]) => one - other)) {
      if (previous > knownUpTo) break;
      knownUpTo = Math.max(knownUpTo, next);
      ahead.delete(previous);
    }
  };

  const askAuth = async () => {
    for (;;) {
      const at = now();
      const { newest, revocations, more } = await ask(knownUpTo ?? 0);
      for (const revocation of revocations) take(revocation);
      const last = revocations.at(-1)?.number;
      if (more && last !== undefined && last > (knownUpTo ?? 0)) {
        knowUpTo(last);
        continue;
      }
      knowUpTo(newest);
      newestNamed = newest;
      return confirm(at);
    }
  };
  let readSince: number | undefined;
  const askNats = async () => {
    if (!(await isStreamRead())) return;
    readSince ??= now();
    // At the start, wait for one of auth's heartbeats, which may name revocations that the stream lacks.
    const isListening = confirmedAt > -Infinity || now() - readSince > heartbeatMilliseconds;
    if (isListening && newestNamed <= Math.max(knownUpTo ?? newestSeen, oldUpTo)) confirm();
  };
  const confirmInTime = async () => {
    const isDue = now() - confirmedAt > patienceMilliseconds && now() - askedAt > askMilliseconds;
    if (!isDue) return;
    askedAt = now();
    try {
      await askAuth();
    } catch (error) {
      logger.debug({ error }, 'auth cannot be asked for revocations');
      await askNats().catch(() => undefined);
      // At the start no token is accepted until one of them answers.
      if (confirmedAt === -Infinity) askedAt = -Infinity;
    }
  };
  const isGood = () => now() - confirmedAt <= blindSeconds * 1_000;
  const warn = warnWhenBlind(isGood, logger);

  const running = loop(
    'revocations',
    async ({ signal, progressed }) => {
      while (!signal.aborted) {
        await confirmInTime();
        warn();
        progressed();
        await delay(turnMilliseconds, signal);
      }
    },
    { logger },
  );
  return {
    isGood,
    receivedHeartbeat(number, isOld = false) {
      newestNamed = Math.max(newestNamed, number);
      if (isOld) oldUpTo = Math.max(oldUpTo, number);
      if (knownUpTo !== undefined && newestNamed <= knownUpTo) confirm();
    },
    received(number, previous) {
      newestSeen = Math.max(newestSeen, number);
      if (knownUpTo === undefined || previous > knownUpTo) {
        if (ahead.size >= maxAhead) ahead.clear();
        ahead.set(previous, number);
      } else knowUpTo(number);
    },
    stop: () => running.stop(),
  };
}

/** Logs once that tokens are refused, and once that they are accepted again. */
function warnWhenBlind(isGood: () => boolean, logger: Logger): () => void {
  let wasGood = false;
  return () => {
    const good = isGood();
    known.set(good ? 1 : 0);
    if (wasGood && !good)
      logger.error('neither NATS nor auth can be asked for revocations; requests with a token are refused');
    if (!wasGood && good) logger.info('requests with a token are served');
    wasGood = good;
  };
}
