/** A pause that can be cut short. */
export interface WakeablePause {
  /** Ends the pause that is under way, or the next one before it begins. */
  wake(): void;
  /** Resolves after `milliseconds`, or when woken. */
  wait(milliseconds: number): Promise<void>;
}

/** Not an AbortController: each abort creates an error with a stack trace, too expensive where every write wakes a waiter. */
export function wakeablePause(): WakeablePause {
  let isWoken = false;
  let end: () => void = () => undefined;
  return {
    wake() {
      isWoken = true;
      end();
    },
    async wait(milliseconds) {
      if (!isWoken) {
        const { promise, resolve } = Promise.withResolvers<void>();
        const timer = setTimeout(resolve, milliseconds);
        end = resolve;
        await promise;
        clearTimeout(timer);
      }
      isWoken = false;
    },
  };
}
