import { StackError, systemCode, UsageError } from '../machine/stack-error.js';

/** Prints a failure as one clear line, below it the failing process's last output, and returns the exit code. */
export function reportFailure(error: unknown, print: (line: string) => void): number {
  print(
    systemCode(error) === 'EACCES'
      ? `${messageOf(error)} (does the folder belong to another user?)`
      : messageOf(error),
  );
  if (error instanceof StackError && error.details) print(error.details.replace(/^/gm, '    '));
  return error instanceof UsageError ? 2 : 1;
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
