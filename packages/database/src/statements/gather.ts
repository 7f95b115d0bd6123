import DataLoader from 'dataloader';

export interface GatherOptions {
  /** How many questions one call answers; by default more than come in one turn of the event loop of a process that is not overloaded. */
  mostAtOnce?: number;
  /** Calls back when the questions that have come are to be answered: by default at the end of the turn. */
  schedule?(answerThem: () => void): void;
}

/**
 * Makes a function that gathers what is asked for until `schedule` calls back, and has all of it answered by one call of `answerAll`,
 * in the order of the questions. Whatever is read for a question is read after it was asked. When the call rejects, so does every question in it.
 */
export function gather<Question, Answer>(
  answerAll: (questions: readonly Question[]) => Promise<Answer[]>,
  { mostAtOnce = 256, schedule = setImmediate }: GatherOptions = {},
): (question: Question) => Promise<Answer> {
  const loader = new DataLoader(answerAll, {
    // An answer is for those who wait for it already, and for nobody later.
    cache: false,
    maxBatchSize: mostAtOnce,
    // The turn ends when every connection that has sent something has been read, which a tick does not wait for.
    batchScheduleFn: (answerThem) => schedule(answerThem),
  });
  return (question) => loader.load(question);
}
