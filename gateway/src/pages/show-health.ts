import { unavailable, type Handler } from '@agora/chassis';

/** `GET /health`: whether the gateway itself takes requests; 503 once it was told to stop. */
export const showHealth =
  (isDraining: () => boolean): Handler =>
  (ctx) => {
    if (isDraining()) throw unavailable('The gateway is shutting down.', 1, 'draining');
    ctx.body = { status: 'ok' };
  };
