import { readFileSync } from 'node:fs';
import type { Description, Handler } from '@agora/http';
import { nothingHere } from '@agora/http/serve';
import Joi from 'joi';

/** Where the JSON Schema of an event is; a part of the documentation. */
export const eventSchemaPath = '/docs/events/:type';

const text = readFileSync(new URL('../../asyncapi.json', import.meta.url));
const { components } = JSON.parse(text.toString()) as {
  components: { schemas: Record<string, object> };
};

/** `GET /asyncapi.json`: the AsyncAPI document of all events, which was made of the contracts when the gateway was built. */
export const showEvents: Handler = (ctx) => {
  ctx.type = 'json';
  ctx.body = text;
};

/** `GET /docs/events/{type}`: the JSON Schema of one event, envelope and data, that needs nothing else to be read. */
export const showEventSchema: Handler = (ctx) => {
  const type = ctx.path.split('/').findLast(Boolean) ?? '';
  if (!Object.hasOwn(components.schemas, type)) throw nothingHere();
  ctx.type = 'application/schema+json';
  ctx.body = { $schema: 'https://json-schema.org/draft/2020-12/schema', ...components.schemas[type] };
};

/** For the OpenAPI document. */
export const showEventsDescription: Description = {
  name: 'getAsyncApiDocument',
  summary: 'Get the AsyncAPI document',
  details:
    'Describes the events that Agora publishes. `/docs/events/{type}` is the JSON Schema of one event.',
  answers: {
    200: {
      summary: 'The AsyncAPI 3 document.',
      body: Joi.object({ asyncapi: Joi.string().required() }).unknown().meta({ name: 'AsyncApiDocument' }),
    },
  },
};
