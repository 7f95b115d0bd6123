/** The pause between two attempts, in milliseconds: a tenth of the time so far, because asking slows the machine down. */
const pauseAfter = (elapsed: number) => Math.min(200, Math.max(20, elapsed / 10));

/** Runs `assertion` until it passes; after `timeoutMilliseconds` rejects with its last failure. */
export async function eventually<Result>(
  assertion: () => Promise<Result> | Result,
  timeoutMilliseconds = 10_000,
): Promise<Result> {
  const started = performance.now();
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      const elapsed = performance.now() - started;
      if (elapsed > timeoutMilliseconds) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseAfter(elapsed)));
    }
  }
}
