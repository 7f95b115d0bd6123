import type { ServerResponse } from 'node:http';
import { createRequire } from 'node:module';
import { clientLeft } from '@agora/http/serve';
import type { Client as Connection, Dispatcher } from 'undici';
import { outgoingHeaders, type Attempt, type Client } from './outgoing-request.js';
import { passOnHead } from './pass-on-answer.js';
import { InvalidUpstreamResponse, UpstreamTimeout } from './upstream-failure.js';

/** Without the rest of undici, such as `fetch`, which would be loaded with it. */
const OneConnection = createRequire(import.meta.url)('undici/lib/dispatcher/client.js') as typeof Connection;

const maxIdle = 64;
/** Answers up to this size are joined with their heads, in bytes. */
const maxTogether = 16_384;
/** They go before a service that stops would close them (`SHUTDOWN_NOTICE_SECONDS`), and with it a request on its way. */
const idleMilliseconds = 1_000;

/** Asks for whole answers, over connections that are kept, each for one request at a time: http-proxy-middleware costs twice as much (decision 67). */
export function plainClient(
  origin: string,
  timeoutMilliseconds: number,
): Client & { /** How many requests are under way. */ inUse(): number } {
  const idle: Connection[] = [];
  const all = new Set<Connection>();
  const open = () => {
    const connection = new OneConnection(origin, {
      allowH2: false,
      connect: { timeout: timeoutMilliseconds },
      keepAliveTimeout: idleMilliseconds,
      keepAliveMaxTimeout: idleMilliseconds,
      // undici would restart it with every byte of a head.
      headersTimeout: 0,
      bodyTimeout: timeoutMilliseconds,
    });
    all.add(connection);
    return connection;
  };
  const giveBack = (connection: Connection) => {
    if (idle.length < maxIdle) return void idle.push(connection);
    all.delete(connection);
    void connection.destroy();
  };
  let inUse = 0;
  return {
    inUse: () => inUse,
    async ask(ctx, outgoing, attempt, traceHeaders) {
      // No bound: a request that queued for a connection could not be called back when its client leaves.
      const connection = idle.pop() ?? open();
      inUse += 1;
      attempt.reusedSocket = connection.stats.connected;
      const { body, url: path } = outgoing;
      const headers = Object.assign(outgoingHeaders(ctx, body, outgoing.address), traceHeaders);
      const { method } = ctx;
      try {
        await new Promise<void>((resolve, reject) => {
          const answer = new PassedOn(ctx.res, attempt, timeoutMilliseconds, resolve, reject);
          connection.dispatch({ path, method, headers, body: body.length > 0 ? body : null }, answer);
        });
      } finally {
        inUse -= 1;
        giveBack(connection);
      }
    },
    async stop() {
      await Promise.all([...all].map((connection) => connection.destroy()));
    },
  };
}

/** Passes one answer on while it comes. */
class PassedOn implements Dispatcher.DispatchHandler {
  #controller: Dispatcher.DispatchController | undefined;
  /** Why it is given up. */
  #reason: Error | undefined;
  /** How many bytes of the body are still to come; undefined where its head does not say. */
  #left: number | undefined;
  /** Whether it is resumed when the client has caught up. */
  #isWatched = false;
  readonly #deadline: NodeJS.Timeout;

  constructor(
    readonly response: ServerResponse,
    readonly attempt: Attempt,
    timeoutMilliseconds: number,
    readonly resolve: () => void,
    readonly reject: (reason: Error) => void,
  ) {
    this.#deadline = setTimeout(() => this.#giveUp(new UpstreamTimeout()), timeoutMilliseconds);
    response.once('close', () => {
      if (!response.writableFinished) this.#giveUp(clientLeft());
    });
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#reason) controller.abort(this.#reason);
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Parameters<typeof passOnHead>[1],
  ): void {
    if (status >= 100 && status < 200) return;
    clearTimeout(this.#deadline);
    // The parser takes any three digits for a status, Node's server does not.
    if (status < 200 || status > 599) return this.#giveUp(new InvalidUpstreamResponse());
    const length = headers['content-length'];
    if (length !== undefined) this.attempt.bytes = this.#left = Number(length);
    passOnHead(status, headers, this.response);
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    const { response } = this;
    if (this.#left !== undefined && (this.#left -= chunk.length) === 0) {
      // With its last bytes, head and body go out in one piece where the body is a string. As Latin-1 each byte stays what it is.
      if (chunk.length <= maxTogether) response.end(chunk.toString('latin1'), 'latin1');
      else response.end(chunk);
    } else if (!response.write(chunk)) {
      controller.pause();
      // Once for all pauses: `compression` keeps what listens for one on its own stream.
      if (!this.#isWatched) response.on('drain', () => controller.resume());
      this.#isWatched = true;
    }
  }

  onResponseEnd(): void {
    if (!this.response.writableEnded) this.response.end();
    this.resolve();
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    clearTimeout(this.#deadline);
    this.reject(error);
  }

  #giveUp(reason: Error): void {
    clearTimeout(this.#deadline);
    this.#reason = reason;
    this.#controller?.abort(reason);
    this.reject(reason);
  }
}
