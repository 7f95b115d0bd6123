/** What messaging logs to; pino's logger is one. */
export interface Logger {
  info(message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Carries the id of the request that causes an event along with it, and back into what reacts to it. */
export interface Correlation {
  current(): string | undefined;
  run<Result>(requestId: string | undefined, work: () => Promise<Result>): Promise<Result>;
}
