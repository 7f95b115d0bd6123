import type { JsonSchema } from './convert-schema.js';

interface HeaderObject {
  description: string;
  required?: boolean;
  schema: JsonSchema;
  example?: string;
}

const header = (description: string, example?: string): HeaderObject => ({
  description,
  schema: { type: 'string' },
  ...(example !== undefined && { example }),
});

/** Headers that come with most answers. */
export const everywhere = {
  'X-Request-Id': {
    ...header('Identifies the request in logs and errors.', '8f14e45f-ceea-467f-9b1d-3c6f0e2a7d55'),
    required: true,
  },
  'RateLimit-Policy': header('The rate limits that apply: `q` requests in `w` seconds.', '"user";q=600;w=60'),
  'Consistency-Token': header('Send it with later requests to read this write.'),
  RateLimit: header(
    'What remains of each rate limit: `r` requests for the next `t` seconds.',
    '"user";r=599;t=60',
  ),
} satisfies Record<string, HeaderObject>;

/** References to some of these headers. */
export const referTo = (...names: (keyof typeof everywhere)[]): Record<string, unknown> =>
  Object.fromEntries(names.map((name) => [name, { $ref: `#/components/headers/${name}` }]));

/** Headers that always mean the same. */
const known: Record<string, HeaderObject> = {
  'Retry-After': {
    ...header('How many seconds to wait before the next attempt.'),
    schema: { type: 'integer', minimum: 1 },
  },
  'WWW-Authenticate': header(
    'How to authenticate (RFC 6750), with `error="invalid_token"` if a token was sent, or `error="invalid_request"` if more than one was.',
    'Bearer realm="agora"',
  ),
};

/** A header of an answer, with its fixed description if it has one, otherwise with `text`. */
export const headerOf = (name: string, text: string, required: boolean): HeaderObject => ({
  ...(known[name] ?? header(text)),
  ...(required && { required }),
});
