const pauseMilliseconds = 20;

/** Runs `assertion` until it passes; after `timeoutMilliseconds` rejects with its last failure. */
export async function eventually<Result>(
  assertion: () => Promise<Result> | Result,
  timeoutMilliseconds = 10_000,
): Promise<Result> {
  const deadline = performance.now() + timeoutMilliseconds;
  for (;;) {
    try {
      return await assertion();
    } catch (error) {
      if (performance.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, pauseMilliseconds));
    }
  }
}
