import type { IncomingMessage, ServerResponse } from 'node:http';

const waiting = new WeakSet<IncomingMessage>();

/**
 * Has a client that sent `Expect: 100-continue` wait until somebody wants its body. An answer before that closes the connection: nobody
 * can tell whether the body still comes.
 */
export function awaitInterest(request: IncomingMessage, response: ServerResponse): void {
  waiting.add(request);
  response.setHeader('Connection', 'close');
}

/** To be called before a body is read: asks a client that waits with its body to send it. */
export function askForBody(request: IncomingMessage, response: ServerResponse): void {
  if (!waiting.delete(request)) return;
  response.removeHeader('Connection');
  response.writeContinue();
}
