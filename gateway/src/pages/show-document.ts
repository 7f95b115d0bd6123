import { readFileSync } from 'node:fs';
import type { Description, Handler } from '@agora/http';
import Joi from 'joi';

/** `GET /openapi.json`: the OpenAPI document of the whole system, which was made when the gateway was built. */
export function showDocument(): Handler {
  const document = readFileSync(new URL('../../openapi.json', import.meta.url));
  return (ctx) => {
    ctx.type = 'json';
    ctx.body = document;
  };
}

/** What clients are told of it. */
export const showDocumentDescription: Description = {
  name: 'getOpenApiDocument',
  summary: 'Get the OpenAPI document',
  details: 'This document.',
  answers: {
    200: {
      summary: 'The OpenAPI 3.1 document of the whole system.',
      body: Joi.object({ openapi: Joi.string().required() }).unknown().meta({ name: 'OpenApiDocument' }),
    },
  },
};
