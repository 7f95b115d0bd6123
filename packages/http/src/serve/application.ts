import { randomUUID } from 'node:crypto';
import Koa, { type Context, type Middleware } from 'koa';
import { give } from '../endpoint/answer.js';
import {
  audit,
  logAnswers,
  observeRequest,
  withRequestContext,
  type RequestContext,
  startRequestSpan,
  type RequestSpan,
} from '@agora/process/requests';
import { clientLeft, hasListener } from './client-left.js';
import type { Logger } from '@agora/process';
import { oauthMembers } from './oauth-errors.js';
import { internalError, malformed, Problem } from '../endpoint/problem.js';
import { setSecurityHeaders } from './security-headers.js';

export interface ApplicationOptions {
  logger: Logger;
  middleware: Middleware[];
  /** Turns what a library throws into what a client may see; undefined makes it a 500. */
  translateError?(error: unknown): Problem | undefined;
  /** Whether a request without a trace starts one; true by default. */
  beginsTraces?: boolean;
}

/** A Koa application that gives every request an id, a log line, metrics and security headers, and answers every error as problem+json. */
export function createApplication({
  logger,
  middleware,
  translateError,
  beginsTraces = true,
}: ApplicationOptions): Koa {
  const application = new Koa();
  const logAnswer = logAnswers(logger);
  application.use(async (ctx, next) => {
    const context: RequestContext = { requestId: requestIdOf(ctx.get('x-request-id')), logger };
    const span = startRequestSpan(ctx, beginsTraces);
    const answer = async () => {
      const started = performance.now();
      ctx.set('X-Request-Id', context.requestId);
      setSecurityHeaders(ctx.res);
      try {
        await next();
        if (context.consistencyToken) ctx.set('Consistency-Token', context.consistencyToken);
      } catch (error) {
        // What fails for a client that has left is no failure.
        const problem = hasListener(ctx) ? toProblem(error, logger, translateError) : clientLeft();
        auditRefusal(problem);
        give(ctx, problem.toAnswer(context.requestId, oauthMembers(ctx.path, problem)));
      }
      logWhenAnswered(ctx, context, logAnswer, started, span);
    };
    await withRequestContext(context, () => span.run(answer));
  });
  for (const each of middleware) application.use(each);
  // What reaches Koa's own handler happened after the answer began, such as a client that left.
  application.on('error', (error: unknown) => logger.warn({ error }, 'response failed'));
  return application;
}

const saneRequestId = /^[A-Za-z0-9._-]{8,64}$/;

const requestIdOf = (given: string): string => (saneRequestId.test(given) ? given : randomUUID());

function toProblem(error: unknown, logger: Logger, translate: ApplicationOptions['translateError']): Problem {
  if (error instanceof Problem) return error;
  const translated = translate?.(error);
  if (translated) {
    logger.warn({ error }, 'request failed because a dependency is unavailable');
    return translated;
  }
  if (isClientError(error)) return malformed('The request could not be read.');
  logger.error({ error }, 'request failed');
  return internalError();
}

/** Koa and its parsers throw http-errors: those below 500 are the client's doing. */
const isClientError = (error: unknown): boolean =>
  error instanceof Error && 'status' in error && typeof error.status === 'number' && error.status < 500;

/** Wrong credentials are reported by the endpoint, which knows the account that was meant. */
function auditRefusal({ status, code }: Problem): void {
  if (status === 403 && code !== 'invalid_credentials') audit('access_refused', { code });
  if (code === 'invalid_token') audit('token_refused', { code });
}

function logWhenAnswered(
  ctx: Context,
  context: RequestContext,
  logAnswer: ReturnType<typeof logAnswers>,
  started: number,
  span: RequestSpan,
): void {
  const log = () => {
    const seconds = (performance.now() - started) / 1000;
    const { method, status } = ctx;
    const route = routeOf(ctx);
    // Where nothing is, clients put anything: an address, a token.
    const path = route === unrouted ? undefined : ctx.path;
    // The duration of an event stream says nothing about latency.
    if (ctx.response.type !== 'text/event-stream') observeRequest({ method, route, status }, seconds);
    span.end({ method, route, status });
    const line = { method, path, status, milliseconds: Math.round(seconds * 1000) };
    withRequestContext(context, () => span.run(() => logAnswer(line)));
  };
  if (ctx.res.writableFinished || ctx.res.destroyed) log();
  else ctx.res.once('close', log);
}

/** The pattern of the path, such as `/posts/:id`: a metric by raw path would grow without bound. */
const routeOf = (ctx: Context & { routerPath?: string; _matchedRoute?: string }): string =>
  ctx._matchedRoute ?? unrouted;

const unrouted = 'unrouted';
