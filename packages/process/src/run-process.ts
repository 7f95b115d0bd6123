import { collectWhenIdle } from './collect-when-idle.js';
import { createLogger, type Logger } from './logger.js';
import { SettingsError, type ProcessSettings } from './settings.js';

/** Something that a process starts and, when it ends, stops. */
export interface Stoppable {
  stop(): Promise<void>;
}

/** What a composition root gets to work with. */
export interface Lifecycle {
  logger: Logger;
  /** Registers what was started; all of it is stopped in reverse order. */
  started<Part extends Stoppable>(part: Part): Part;
  /** Whether the process was asked to stop. */
  isDraining(): boolean;
}

/**
 * Runs a process: starts what `compose` lists, in order, and on SIGTERM or SIGINT stops it in reverse, within
 * `SHUTDOWN_TIMEOUT_SECONDS` after `SHUTDOWN_NOTICE_SECONDS`. Ends with exit code 1 and one clear line when it cannot start, or when something fails that nobody handled.
 */
export function runProcess<Settings extends Omit<ProcessSettings, 'INTERNAL_PORT'>>(
  service: string,
  readSettings: (environment: NodeJS.ProcessEnv) => Settings,
  compose: (settings: Settings, lifecycle: Lifecycle) => Promise<void>,
): void {
  const parts: Stoppable[] = [];
  let draining = false;
  let logger = createLogger(service, 'info');

  const fail = (error: unknown, message: string) => {
    logger.fatal(error instanceof SettingsError ? { reason: error.message } : { error }, message);
    process.exit(1);
  };
  const stop = async (seconds: number) => {
    if (draining) return process.exit(1);
    draining = true;
    logger.info('stopping');
    setTimeout(
      () => fail(new Error(`not stopped within ${seconds} s`), 'shutdown timed out'),
      seconds * 1_000,
    ).unref();
    for (const part of parts.toReversed()) await part.stop();
    logger.info('stopped');
    process.exit(0);
  };
  process.on('unhandledRejection', (error) => fail(error, 'unhandled rejection'));
  process.on('uncaughtException', (error) => fail(error, 'uncaught exception'));

  const start = async () => {
    const settings = readSettings(process.env);
    logger = createLogger(service, settings.LOG_LEVEL);
    for (const signal of ['SIGTERM', 'SIGINT'] as const) {
      process.on(signal, () => {
        stop(settings.SHUTDOWN_NOTICE_SECONDS + settings.SHUTDOWN_TIMEOUT_SECONDS).catch((error: unknown) =>
          fail(error, 'could not stop'),
        );
      });
    }
    const tracing = await startTracing(service, settings, logger);
    if (tracing) parts.push(tracing);
    await compose(settings, {
      logger,
      started: (part) => {
        parts.push(part);
        return part;
      },
      isDraining: () => draining,
    });
    collectWhenIdle();
    logger.info('started');
  };
  start().catch((error: unknown) => fail(error, 'cannot start'));
}

/** Loads the exporter only when tracing is on. */
async function startTracing(
  service: string,
  {
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER_ARG: ratio,
  }: Omit<ProcessSettings, 'INTERNAL_PORT'>,
  logger: Logger,
): Promise<Stoppable | undefined> {
  if (!endpoint) return undefined;
  const { exportTraces } = await import('./export-traces.js');
  return exportTraces({ service, endpoint, ratio, logger });
}
