import { routes } from './http/routes.js';

/** What is here to be described. Nothing behind it is there, and no handler is ever called. */
export const endpoints = routes(
  async () => undefined,
  async () => undefined,
  (handler) => handler,
  (handler) => handler,
);
