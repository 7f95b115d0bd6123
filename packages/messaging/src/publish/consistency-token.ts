import type { Envelope, Publisher } from '@agora/contracts';
import Joi from 'joi';

/** What a client brings along to read its own write: the events that a reader must have applied to show it. */
export interface ConsistencyToken {
  /** When the events were written, RFC 3339 in UTC. */
  time: string;
  events: { id: string; type: string }[];
  /** Where the log of the publisher's database was then; a replica of that database that has replayed it shows the write. */
  position?: Position;
}

interface Position {
  publisher: string;
  /** As PostgreSQL writes it: `16/B374D848`. */
  position: string;
}

/** The token must fit into a header. Events are published in order, so of very many the last ones are enough. */
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

/**
 * Writes the token of a write that published these events, at least one. The position goes along as an event that nobody subscribes to:
 * releases that know of no positions pass over it, and wait for the rest.
 */
export function writeToken(envelopes: readonly Envelope[], publisher: Publisher, position?: string): string {
  const events = envelopes.slice(position === undefined ? -maxEvents : 1 - maxEvents);
  const content = {
    time: events[0]?.time,
    events: events.map(({ id, type }) => [id, type]),
  };
  if (position !== undefined) content.events.push([nobodysId, `${publisher}@${position}`]);
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

const nobodysId = '00000000-0000-0000-0000-000000000000';
const positionPattern = /^(?<publisher>[a-z-]{1,40})@(?<position>[0-9A-F]{1,8}\/[0-9A-F]{1,8})$/;

/** Reads a token; undefined when it is none. It is not signed: a made-up one gives away nothing and waits for nothing but itself. */
export function readToken(token: string): ConsistencyToken | undefined {
  const { value, error } = schema.validate(parse(token), { convert: false });
  if (error) return undefined;
  const events = value.events.map(([id, type]) => ({ id, type }));
  const last = events.at(-1);
  const position = last?.id === nobodysId && positionPattern.exec(last.type)?.groups;
  return { time: value.time, events, ...(position && { position: position as unknown as Position }) };
}

function parse(token: string): unknown {
  try {
    return JSON.parse(Buffer.from(token, 'base64url').toString());
  } catch {
    return undefined;
  }
}
