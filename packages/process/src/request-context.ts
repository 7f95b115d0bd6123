import { AsyncLocalStorage } from 'node:async_hooks';
import type { Logger } from 'pino';

/** What follows a request through every call it makes, into its log lines and its events. */
export interface RequestContext {
  requestId: string;
  /** Set once the token is verified. */
  userId?: number;
  /** The `Consistency-Token` of the request's committed write. */
  consistencyToken?: string;
  /** The logger of the application that answers; missing where an event is handled. */
  logger?: Logger;
}

const storage = new AsyncLocalStorage<RequestContext>();

/** Runs `work` as part of one request, or of the handling of one event. */
export const withRequestContext = <Result>(context: RequestContext, work: () => Result): Result =>
  storage.run(context, work);

/** The context of the request that is being answered, if any. */
export const currentRequest = (): RequestContext | undefined => storage.getStore();

/** Gives the request id to code that knows nothing of requests, such as the outbox, and takes the consistency token of its write. */
export const correlation = {
  current: (): string | undefined => currentRequest()?.requestId,
  wrote: (consistencyToken: string): void => {
    const request = currentRequest();
    if (request) request.consistencyToken = consistencyToken;
  },
  run: <Result>(requestId: string | undefined, work: () => Promise<Result>): Promise<Result> =>
    requestId === undefined ? work() : withRequestContext({ requestId }, work),
};
