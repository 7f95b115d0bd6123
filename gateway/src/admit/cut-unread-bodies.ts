import type { Middleware } from 'koa';

const graceMilliseconds = 2_000;

/** Cuts off a client that still sends a while after it was refused. At once would be too soon: it could lose the answer with the connection. */
export const cutUnreadBodies: Middleware = ({ req, res }, next) => {
  res.once('finish', () => {
    if (req.complete) return;
    req.resume();
    setTimeout(() => {
      if (!req.complete) req.socket.destroy();
    }, graceMilliseconds).unref();
  });
  return next();
};
