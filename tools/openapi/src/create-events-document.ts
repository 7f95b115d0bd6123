import type Joi from 'joi';
import { createSchemaConverter, type JsonSchema } from './convert-schema.js';

/** An event as its contract says it. */
export interface DescribedEvent {
  type: string;
  summary: string;
  schema: Joi.Schema;
}

/** The AsyncAPI document of all events. The schema of each message, envelope and data, stands for itself, without references. */
export function createEventsDocument(envelope: Joi.Schema, events: readonly DescribedEvent[]) {
  const { convert } = createSchemaConverter({ mayBeUnnamed: true });
  const whole = convert(envelope);
  const schemaOf = ({ type, summary, schema }: DescribedEvent): JsonSchema => ({
    $id: `urn:agora:event:${type}`,
    title: type,
    description: summary,
    ...whole,
    properties: {
      ...(whole['properties'] as JsonSchema),
      type: { type: 'string', const: type },
      data: convert(schema),
    },
  });
  const byType = <Value>(valueOf: (event: DescribedEvent) => Value) =>
    Object.fromEntries(events.map((event) => [event.type, valueOf(event)]));
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Events of Agora',
      version: '1',
      description: introduction,
      license: { name: 'Apache-2.0', url: 'https://www.apache.org/licenses/LICENSE-2.0' },
    },
    defaultContentType: 'application/cloudevents+json',
    servers: {
      nats: {
        host: '{host}:4222',
        protocol: 'nats',
        description:
          'JetStream. Each reader has a user of its own, and durable consumers that are created for it.',
        variables: { host: { default: 'localhost', description: 'Where NATS is' } },
        security: [{ $ref: '#/components/securitySchemes/user' }],
      },
    },
    channels: byType(({ type, summary }) => ({
      address: type,
      title: type,
      description: `${summary} In the stream \`${streamOf(type)}\`.`,
      messages: { event: { $ref: `#/components/messages/${type}` } },
    })),
    operations: byType(({ type, summary }) => ({
      action: 'send',
      channel: { $ref: `#/channels/${type}` },
      summary,
      messages: [{ $ref: `#/channels/${type}/messages/event` }],
    })),
    components: {
      messages: byType(({ type, summary }) => ({
        name: type,
        title: type,
        summary,
        contentType: 'application/cloudevents+json',
        headers,
        payload: { $ref: `#/components/schemas/${type}` },
      })),
      schemas: byType(schemaOf),
      securitySchemes: { user: { type: 'userPassword', description: 'Made by `npm run new-consumer`.' } },
    },
  };
}

const streamOf = (type: string) => type.replace(/\..*/, '').toUpperCase();

const introduction =
  'Every event is a CloudEvents 1.0 envelope in JSON (structured mode) on the NATS subject of its type. It is delivered at least once and in no promised order. Consumers bear fields that they do not know: what would break one is a new type beside the old.';

const headers = {
  type: 'object',
  properties: {
    'Content-Type': { type: 'string', const: 'application/cloudevents+json' },
    'Nats-Msg-Id': { type: 'string', format: 'uuid', description: 'The id of the event.' },
    traceparent: { type: 'string', description: 'W3C Trace Context, where the request is traced.' },
  },
};
