import { envelopeSchema, type Envelope, type EventDefinition, type Publisher } from '@agora/contracts';
import type { SubscribedEvent } from './consume/subscriptions.js';
import type { Correlation } from './logger.js';
import { typeOfSubject } from './partitions.js';
import { newEventId } from './retain/event-ids.js';
import { currentTraceparent } from './tracing.js';

/** A new event, with an id of its own. Throws when the data does not fit the event's schema. */
export function envelopeOf<Data>(
  event: EventDefinition<Data>,
  data: Data,
  { publisher, correlation }: { publisher: Publisher; correlation: Correlation },
): Envelope<Data> {
  const { error } = event.schema.validate(data);
  if (error) throw new Error(`${event.type} cannot be published: ${error.message}`);
  const requestid = correlation.current();
  const traceparent = currentTraceparent();
  const now = new Date();
  return {
    specversion: '1.0',
    id: newEventId(now.getTime()),
    source: `agora/${publisher}`,
    type: event.type,
    time: now.toISOString(),
    datacontenttype: 'application/json',
    ...(requestid && { requestid }),
    ...(traceparent && { traceparent }),
    data,
  };
}

/** The event in a message; throws when envelope or data are not as the contract says. */
export function readEnvelope(
  message: { subject: string; json(): unknown },
  { schema }: Pick<SubscribedEvent, 'schema'>,
): Envelope<never> {
  const { value, error } = envelopeSchema.validate(message.json());
  if (error) throw error;
  // A client that may not publish an event could make the server deliver another one under its subject.
  if (value.type !== typeOfSubject(message.subject))
    throw new Error(`${value.type} came as ${message.subject}`);
  const data = schema.validate(value.data);
  if (data.error) throw data.error;
  return value as Envelope<never>;
}
