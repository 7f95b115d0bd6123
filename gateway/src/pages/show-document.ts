import { readFileSync } from 'node:fs';
import type { Description, Handler } from '@agora/http';
import Joi from 'joi';

/** `GET /openapi.json`: the OpenAPI document of the whole system, made when the gateway was built. Its server is `publicUrl`, or wherever it came from. */
export function showDocument(publicUrl: string | undefined): Handler {
  const document = JSON.parse(readFileSync(new URL('../../openapi.json', import.meta.url), 'utf8')) as object;
  const text = JSON.stringify({ ...document, servers: [{ url: publicUrl ?? '/' }] });
  return (ctx) => {
    ctx.type = 'json';
    ctx.body = text;
  };
}

/** For the OpenAPI document. */
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
