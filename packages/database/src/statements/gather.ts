import DataLoader from 'dataloader';
import { sourceKey } from '../replica/read-from-replica.js';

export interface GatherOptions {
  /** The most questions that one call answers; by default more than a healthy process gets in one turn of the event loop. */
  mostAtOnce?: number;
  /** Decides when the collected questions are answered: by default at the end of the turn. */
  schedule?(answerThem: () => void): void;
}

/**
 * Makes a function that collects questions until `schedule` calls back, and answers them with one call of `answerAll`, in their order.
 * The data for a question is read after it was asked. When the call rejects, so does every question in it.
 */
export function gather<Question, Answer>(
  answerAll: (questions: readonly Question[]) => Promise<Answer[]>,
  { mostAtOnce = 256, schedule = setImmediate }: GatherOptions = {},
): (question: Question) => Promise<Answer> {
  const loader = new DataLoader(answerAll, {
    // Questions that come from now on belong to the next call.
    cache: false,
    maxBatchSize: mostAtOnce,
    // Every connection with data has been read at the end of the turn; a tick would not wait for that.
    batchScheduleFn: (answerThem) => schedule(answerThem),
  });
  return (question) => loader.load(question);
}

/** Like `gather`, for reads of this database. Only reads that may use the same replica are combined: all may, unless their caller has just written something. */
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
