import type { Send } from './send.js';
import type { Session, Tokens } from './session.js';

/** Sends requests as the logged-in user; a request whose access token is refused is retried once with the next token. */
export const authorized =
  (send: Send, session: Session): Send =>
  async (request) => {
    const tokens = await session.current();
    if (!tokens) return send(request);
    const response = await send(withToken(request.clone(), tokens));
    if (response.status !== 401) return response;
    const next = await session.renew(tokens);
    return next ? send(withToken(request, next)) : response;
  };

function withToken(request: Request, { accessToken }: Tokens): Request {
  request.headers.set('authorization', `Bearer ${accessToken}`);
  return request;
}
