import { within } from './broker.js';

const freshMilliseconds = 1_000;
const patienceMilliseconds = 500;

/**
 * Makes the function that a metric asks when it is read: what `ask` says now, or said less than a second ago; undefined when it
 * fails or takes more than half a second, so that a dependency that is away holds up no scrape. It is asked once at a time.
 */
export function atScrape<Answer>(ask: () => Promise<Answer>): () => Promise<Answer | undefined> {
  let last: { at: number; answer: Promise<Answer | undefined> } | undefined;
  let isAsking = false;
  return () => {
    if (!last || (!isAsking && performance.now() - last.at > freshMilliseconds)) {
      isAsking = true;
      const answer = ask()
        .catch(() => undefined)
        .finally(() => (isAsking = false));
      last = { at: performance.now(), answer };
    }
    return within(patienceMilliseconds, last.answer);
  };
}
