import { envelopeSchema, type Envelope } from '@agora/contracts';
import type { SubscribedEvent } from './consume/subscriptions.js';

/** The event in a message; throws when envelope or data are not as the contract says. */
export function readEnvelope(
  message: { subject: string; json(): unknown },
  { schema }: Pick<SubscribedEvent, 'schema'>,
): Envelope<never> {
  const { value, error } = envelopeSchema.validate(message.json());
  if (error) throw error;
  // Who may not publish an event could have the server deliver another one under its subject.
  if (value.type !== message.subject) throw new Error(`${value.type} came as ${message.subject}`);
  const data = schema.validate(value.data);
  if (data.error) throw data.error;
  return value as Envelope<never>;
}
