import { randomUUID } from 'node:crypto';
import type { Stoppable } from '@agora/process';
import type { Broker } from '@agora/messaging';
import { openBroadcast } from '@agora/messaging/reading';
import Joi from 'joi';
import { createLimiter, type Count, type Limiter } from './limiter.js';
import { policyNames, type PolicyName, type Rates } from './policies.js';

const everyMilliseconds = 100;
/** So that a message is well below the 64 KiB that NATS takes. */
const countsInMessage = 500;

/** `[policy, key, points]` each. */
interface Message {
  from: string;
  counts: [PolicyName, string, number][];
}

/** A limiter that counts together with those of the other replicas; without NATS each counts alone (docs/decisions/0010-gateway-rate-limits.md). */
export function openSharedLimiter(rates: Rates, broker: Broker): Limiter & Stoppable {
  const from = randomUUID();
  const unsent = new Map<string, Count>();
  const limiter = createLimiter(rates, (count) => addUp(unsent, count));
  const broadcast = openBroadcast(broker, 'gateway.limits', (message) => {
    const counts = readCounts(message, from);
    if (counts.length > 0) void limiter.add(counts);
  });
  const timer = setInterval(() => {
    const counts = [...unsent.values()].map(({ policy, key, points }): Message['counts'][number] => [
      policy,
      key,
      points,
    ]);
    unsent.clear();
    for (let at = 0; at < counts.length; at += countsInMessage)
      broadcast.send({ from, counts: counts.slice(at, at + countsInMessage) } satisfies Message);
  }, everyMilliseconds);
  return {
    ...limiter,
    async stop() {
      clearInterval(timer);
      await broadcast.stop();
    },
  };
}

function addUp(counts: Map<string, Count>, { policy, key, points }: Count): void {
  const id = `${policy} ${key}`;
  counts.set(id, { policy, key, points: points + (counts.get(id)?.points ?? 0) });
}

const schema = Joi.object<Message>({
  from: Joi.string().required(),
  counts: Joi.array()
    .max(countsInMessage)
    .items(
      Joi.array().ordered(
        Joi.valid(...policyNames).required(),
        Joi.string().max(64).required(),
        Joi.number().integer().min(1).max(1_000_000).required(),
      ),
    )
    .required(),
});

/** The counts of another replica; nothing when the message is our own or malformed. */
function readCounts(message: unknown, ownName: string): Count[] {
  const { value, error } = schema.validate(message, { convert: false });
  if (error || value.from === ownName) return [];
  return value.counts.map(([policy, key, points]) => ({ policy, key, points }));
}
