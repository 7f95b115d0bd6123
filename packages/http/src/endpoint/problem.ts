import { STATUS_CODES } from '../node-http.js';
import type { Answer } from './answer.js';

/** One invalid field of a request. */
export interface FieldError {
  field: string;
  message: string;
}

interface ProblemExtras {
  errors?: FieldError[];
  headers?: Record<string, string>;
}

/** An error that a client may see: `code` is a stable word for programs, `detail` a sentence for people. */
export class Problem extends Error {
  readonly expose = true;
  readonly errors: FieldError[] | undefined;
  readonly headers: Record<string, string>;

  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    { errors, headers = {} }: ProblemExtras = {},
  ) {
    super(detail);
    this.name = 'Problem';
    this.errors = errors;
    this.headers = headers;
  }

  /** The `application/problem+json` body of RFC 9457, with Agora's `code` and `request_id`. */
  toBody(requestId: string, members: Record<string, string> = {}): Record<string, unknown> {
    return {
      type: 'about:blank',
      title: STATUS_CODES[this.status] ?? 'Error',
      status: this.status,
      detail: this.detail,
      code: this.code,
      request_id: requestId,
      ...(this.errors && { errors: this.errors }),
      ...members,
    };
  }

  /** As an answer; its body has `members` too. */
  toAnswer(requestId: string, members?: Record<string, string>): Answer {
    const headers = { ...this.headers, 'Content-Type': 'application/problem+json' };
    return { status: this.status, headers, body: JSON.stringify(this.toBody(requestId, members)) };
  }
}

/** 400: the request itself is broken. */
export const malformed = (detail: string, code = 'malformed_request') => new Problem(400, code, detail);

/** 401 of RFC 6750: without `error` when no token came, with `invalid_token` when a bad one did. */
export const unauthorized = (error?: 'invalid_token') =>
  new Problem(
    401,
    error ?? 'token_missing',
    error ? 'The access token is invalid, expired or revoked.' : 'This request requires an access token.',
    { headers: challenge(error) },
  );

/** Throws the 400 of RFC 6750 when a request has more than one Authorization header: Node keeps the first, and another layer may keep the last. */
export function refuseSecondToken(rawHeaders: readonly string[]): void {
  const isName = (_: string, index: number) => index % 2 === 0;
  const names = rawHeaders.filter(isName).map((name) => name.toLowerCase());
  if (names.indexOf('authorization') !== names.lastIndexOf('authorization')) throw twoTokens();
}

/** 400: more than one Authorization header. */
export const twoTokens = () =>
  new Problem(400, 'malformed_request', 'The request has more than one authorization header.', {
    headers: challenge('invalid_request'),
  });

const challenge = (error?: string) => ({
  'WWW-Authenticate': `Bearer realm="agora"${error ? `, error="${error}"` : ''}`,
});

/** 403: the caller is known and may not. */
export const forbidden = (code: string, detail: string) => new Problem(403, code, detail);

/** 404: it does not exist, or the caller may not know that it does. */
export const notFound = (code: string, detail: string) => new Problem(404, code, detail);

/** 409: the request conflicts with the current state. */
export const conflict = (code: string, detail: string) => new Problem(409, code, detail);

/** 422: well-formed but invalid, with every bad field. */
export const invalid = (errors: FieldError[]) =>
  new Problem(422, 'validation_failed', 'The request contains invalid values.', { errors });

/** 429: too much in too short a time; try again after `retryAfter` seconds. */
export const tooMany = (code: string, detail: string, retryAfter: number) =>
  new Problem(429, code, detail, { headers: { 'Retry-After': String(retryAfter) } });

/** 503: something that this request needs is down or overloaded; try again after `retryAfter` seconds. */
export const unavailable = (detail: string, retryAfter = 1, code = 'unavailable') =>
  new Problem(503, code, detail, { headers: { 'Retry-After': String(retryAfter) } });

/** 500: our mistake. */
export const internalError = () =>
  new Problem(
    500,
    'internal_error',
    'Something went wrong on our side. Please quote the request id when you report it.',
  );
