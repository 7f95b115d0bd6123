import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** What the process that holds streams is to do; nothing in it closes them all. */
export interface StreamsTask {
  open?: { origin: string; /** One for each stream. */ tokens: string[] };
  publish?: { origin: string; token: string; title: string };
}

/** A process of its own that holds streams of the feed open. */
export interface StreamHolder {
  /** Opens further streams; answers how many there are. */
  open(task: NonNullable<StreamsTask['open']>): Promise<number>;
  /** Publishes a post through the same gateway; answers after how many milliseconds each stream heard of it, and how many did not within 30 s. */
  publish(task: NonNullable<StreamsTask['publish']>): Promise<{ lags: number[]; missing: number }>;
  closeAll(): Promise<void>;
  stop(): Promise<void>;
}

const script = fileURLToPath(new URL('../../dist/load/hold-streams.js', import.meta.url));

/** Starts such a process. */
export function holdStreams(signal: AbortSignal): StreamHolder {
  const child = fork(script, { execArgv: [], stdio: ['ignore', 'inherit', 'inherit', 'ipc'] });
  const ended = once(child, 'exit');
  const run = async <Result>(task: StreamsTask): Promise<Result> => {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<Result>();
    const give = (message: unknown) => {
      const { failure } = message as { failure?: string };
      if (failure === undefined) resolve(message as Result);
      else reject(new Error(failure));
    };
    const giveUp = () => reject(new Error('the streams were given up'));
    child.once('message', give).once('exit', giveUp);
    signal.addEventListener('abort', giveUp);
    child.send(task);
    try {
      return await promise;
    } finally {
      child.off('message', give).off('exit', giveUp);
      signal.removeEventListener('abort', giveUp);
    }
  };
  return {
    open: async (task) => (await run<{ streams: number }>({ open: task })).streams,
    publish: (task) => run({ publish: task }),
    closeAll: () => run({}),
    async stop() {
      child.kill('SIGKILL');
      await ended;
    },
  };
}
