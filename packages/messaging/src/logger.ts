/** What messaging logs to; pino's logger is one. */
export interface Logger {
  info(message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** Carries the id of the request that causes an event along with it, and back into what reacts to it; and the token of its write back to the request. */
export interface Correlation {
  current(): string | undefined;
  /** A transaction that published events has committed: with this token its write can be waited for. */
  wrote(consistencyToken: string): void;
  run<Result>(requestId: string | undefined, work: () => Promise<Result>): Promise<Result>;
}
