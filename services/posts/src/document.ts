import { routes, type Dependencies } from './http/routes.js';

/** What is here to be described. Nothing behind it is there, and no handler is ever called. */
export const endpoints = routes({
  withOwnWrites: (handler) => handler,
  withConfirmedEmail: (handler) => handler,
} as Dependencies);
