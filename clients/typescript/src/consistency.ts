import type { Send } from './send.js';

const header = 'consistency-token';

/** Has every request see the last write: the token that the write was answered with is sent along from then on. */
export function readingOwnWrites(send: Send): Send {
  let token: string | undefined;
  return async (request) => {
    if (token !== undefined && !request.headers.has(header)) request.headers.set(header, token);
    const response = await send(request);
    token = response.headers.get(header) ?? token;
    return response;
  };
}
