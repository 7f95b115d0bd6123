/** A failure that a person can act on: `message` is one line, `details` the failing process's last output. */
export class StackError extends Error {
  constructor(
    message: string,
    readonly details = '',
  ) {
    super(message);
  }
}

/** A command was given wrong arguments: it ends with exit code 2. */
export class UsageError extends StackError {}

/** The `code` of a system error (`ENOENT`, `EACCES`, …), or undefined. */
export function systemCode(error: unknown): string | undefined {
  // Jest runs tests in a realm whose Error is not the one that Node.js throws.
  const isObject = typeof error === 'object' && error !== null;
  return isObject && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}
