import { IncomingMessage } from 'node:http';
import type { Context } from 'koa';
import { outgoingHeaders, type Attempt, type Outgoing } from './outgoing-request.js';

/**
 * The request to hand to the proxy: a new one, so that nothing of what the client sent can pass but what is named here.
 * `traceHeaders` name the gateway's own span; without any, the client's are passed on.
 * Cleaning up in a `proxyReq` hook would be too late: httpxy skips it when the client sends `Expect`.
 */
export class ProxiedRequest extends IncomingMessage {
  readonly #body: Buffer;

  constructor(
    ctx: Context,
    { url, body, address }: Outgoing,
    traceHeaders: Record<string, string>,
    readonly attempt: Attempt,
  ) {
    super(ctx.req.socket);
    this.#body = body;
    this.method = ctx.method;
    this.url = url;
    this.headers = Object.assign(outgoingHeaders(ctx, body, address), traceHeaders);
    // Else, were it destroyed, it would count as aborted and take the client's socket along.
    this.complete = true;
  }

  /** What the proxy does with a request. The body is here whole, so it goes out at once and without a stream's bookkeeping. */
  override pipe<Destination extends NodeJS.WritableStream>(destination: Destination): Destination {
    if (this.#body.length > 0) destination.end(this.#body);
    else destination.end();
    return destination;
  }
}
