/** Resolves after that many milliseconds; rejects at once when the signal is aborted. */
export function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal.aborted) reject(signal.reason as Error);
    const abort = () => {
      clearTimeout(timer);
      reject(signal.reason as Error);
    };
    const timer = setTimeout(() => {
      signal.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    signal.addEventListener('abort', abort, { once: true });
  });
}

/** How long to wait after a number of consecutive failures, in milliseconds: exponential backoff with jitter, so that clients do not all reconnect at once. */
export const backoff = (failures: number, most = 10_000): number =>
  Math.min(most, 200 * 2 ** (failures - 1)) * (0.5 + Math.random() / 2);
