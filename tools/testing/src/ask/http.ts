import { expectDocumented } from './openapi.js';

/** An answer with its body read: parsed when it is JSON. Of a stream of events, which has no end, nothing is read. */
export interface Answer {
  status: number;
  headers: Headers;
  // What comes over the wire has whatever shape the test expects of it.
  body: Record<string, unknown> & { errors?: { field: string; message: string }[] };
}

interface Ask {
  token?: string;
  json?: unknown;
  form?: Record<string, string>;
  headers?: Record<string, string>;
  /** Sent as it is. */
  raw?: string | Uint8Array<ArrayBuffer>;
}

/** Asks one server as an API client would. */
export type HttpClient = (method: string, path: string, ask?: Ask) => Promise<Answer>;

/** A client of the server at `origin`; it rejects when an answer is not as the OpenAPI document says. */
export const httpClient =
  (origin: string): HttpClient =>
  async (method, path, ask = {}) => {
    const response = await fetch(`${origin}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        ...contentTypeOf(ask),
        ...(ask.token && { Authorization: `Bearer ${ask.token}` }),
        ...ask.headers,
      },
      ...bodyOf(ask),
    });
    const type = response.headers.get('content-type') ?? '';
    const isStream = type.startsWith('text/event-stream');
    if (isStream) await response.body?.cancel();
    const content = isStream ? '' : await response.text();
    const { status, headers } = response;
    expectDocumented({ method, path, status, headers, text: content });
    const isJson = /json/.test(type);
    return {
      status,
      headers,
      body: (isJson && content ? JSON.parse(content) : { content }) as Answer['body'],
    };
  };

function contentTypeOf({ json, form }: Ask): Record<string, string> {
  if (json !== undefined) return { 'Content-Type': 'application/json' };
  return form ? { 'Content-Type': 'application/x-www-form-urlencoded' } : {};
}

function bodyOf({ json, form, raw }: Ask): { body?: string | Uint8Array<ArrayBuffer> } {
  if (json !== undefined) return { body: JSON.stringify(json) };
  if (form) return { body: new URLSearchParams(form).toString() };
  return raw === undefined ? {} : { body: raw };
}

/** The statuses of answers, in ascending order: what is left to say of requests that raced. */
export const statusesOf = (answers: readonly Answer[]): number[] =>
  answers.map(({ status }) => status).toSorted((one, other) => one - other);
