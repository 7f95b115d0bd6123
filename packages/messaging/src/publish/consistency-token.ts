import type { Envelope } from '@agora/contracts';
import Joi from 'joi';

/** What a client brings along to read its own write: the events that a reader must have applied to show it. */
export interface ConsistencyToken {
  /** When the events were written, RFC 3339 in UTC. */
  time: string;
  events: { id: string; type: string }[];
}

/** A header has to hold the token. Events are published in their order, so of very many the last ones stand for all. */
const maxEvents = 20;

const schema = Joi.object<{ time: string; events: [id: string, type: string][] }>({
  time: Joi.string().isoDate().required(),
  events: Joi.array()
    .items(
      Joi.array().ordered(
        Joi.string()
          .pattern(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/)
          .required(),
        Joi.string().max(100).required(),
      ),
    )
    .min(1)
    .max(maxEvents)
    .required(),
}).required();

/** Writes the token of a write that published these events, at least one. */
export function writeToken(envelopes: readonly Envelope[]): string {
  const events = envelopes.slice(-maxEvents);
  const content = { time: events[0]?.time, events: events.map(({ id, type }) => [id, type]) };
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** Reads a token; undefined when it is none. It is not signed: a made-up one gives away nothing and waits for nothing but itself. */
export function readToken(token: string): ConsistencyToken | undefined {
  const { value, error } = schema.validate(parse(token), { convert: false });
  if (error) return undefined;
  return { time: value.time, events: value.events.map(([id, type]) => ({ id, type })) };
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
}
