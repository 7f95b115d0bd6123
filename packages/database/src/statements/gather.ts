import DataLoader from 'dataloader';
import { sourceKey } from '../replica/read-from-replica.js';

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

/** As `gather`, for reads of this database: those are made together that want the same of a replica. All do, unless they have just written something. */
export function gatherReads<Question, Answer>(
  answerAll: (questions: readonly Question[]) => Promise<Answer[]>,
): (question: Question) => Promise<Answer> {
  const gathering = new Map<string, (question: Question) => Promise<Answer>>();
  const open = (key: string) => {
    const schedule = (answerThem: () => void) =>
      setImmediate(() => {
        if (key !== '') gathering.delete(key);
        answerThem();
      });
    const ask = gather(answerAll, { schedule });
    gathering.set(key, ask);
    return ask;
  };
  return (question) => {
    const key = sourceKey();
    return (gathering.get(key) ?? open(key))(question);
  };
}
