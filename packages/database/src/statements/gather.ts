import DataLoader from 'dataloader';

/** More than comes in one turn of the event loop of a process that is not overloaded. */
const mostAtOnce = 256;

/**
 * Makes a function that gathers what is asked for in one turn of the event loop and has all of it answered by one call of `answerAll`,
 * in the order of the questions. Whatever is read for a question is read after it was asked. When the call rejects, so does every question in it.
 */
export function gather<Question, Answer>(
  answerAll: (questions: readonly Question[]) => Promise<Answer[]>,
): (question: Question) => Promise<Answer> {
  const loader = new DataLoader(answerAll, {
    // An answer is for those who wait for it already, and for nobody later.
    cache: false,
    maxBatchSize: mostAtOnce,
    // The turn ends when every connection that has sent something has been read, which a tick does not wait for.
    batchScheduleFn: (answerThem) => setImmediate(answerThem),
  });
  return (question) => loader.load(question);
}
