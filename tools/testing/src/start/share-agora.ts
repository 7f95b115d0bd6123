import type { ProcessName } from '@agora/local-stack';
import { launchAgora, type Agora, type AgoraOptions } from './agora.js';
import type { RunningProcess } from './running-process.js';

/** The processes that the test files of this worker share, one file after the other. */
let shared: { agora: Agora; names: readonly ProcessName[]; algorithm: AgoraOptions['algorithm'] } | undefined;
let isInUse = false;
/** What the file in turn has started beside the shared processes. */
const added: RunningProcess[] = [];

process.once('exit', () => {
  if (shared) for (const name of shared.names) shared.agora.process(name).signal('SIGKILL');
  for (const started of added) started.signal('SIGKILL');
});

/** Starts processes of Agora for one test file alone, and waits until they are ready. */
export async function startAgora(names: readonly ProcessName[], options: AgoraOptions = {}): Promise<Agora> {
  await endIdleAgora();
  return launchAgora(names, options);
}

/**
 * Like `startAgora` with default settings, but reuses the processes that an earlier test file of this worker has left. For files that leave settings,
 * tables and streams as they found them.
 */
export async function shareAgora(
  names: readonly ProcessName[],
  { algorithm }: Pick<AgoraOptions, 'algorithm'> = {},
): Promise<Agora> {
  if (isInUse) throw new Error('this file already uses the shared processes: start others by startAgora');
  const agora =
    (await reusable(names, algorithm)) ?? (await launchAgora(names, algorithm ? { algorithm } : {}));
  shared = { agora, names, algorithm };
  isInUse = true;
  const logged = new Map(names.map((name) => [name, agora.process(name).log().length]));
  return {
    ...agora,
    process(name) {
      const found = agora.process(name);
      return { ...found, log: () => found.log().slice(logged.get(name)) };
    },
    async start(name) {
      const started = await agora.start(name);
      added.push(started);
      return started;
    },
    stop: releaseAgora,
  };
}

/** Leaves the shared processes to the next file, and ends what was started beside them; the Jest environment does so too, after a file that failed to. */
export async function releaseAgora(): Promise<void> {
  isInUse = false;
  await Promise.all(added.splice(0).map((started) => started.end()));
}

/** Ends shared processes that are not in use: they would disturb a file that does not share them. */
export async function endIdleAgora(): Promise<void> {
  if (isInUse || !shared) return;
  const { agora } = shared;
  shared = undefined;
  await agora.stop();
}

async function reusable(
  names: readonly ProcessName[],
  algorithm: AgoraOptions['algorithm'],
): Promise<Agora | undefined> {
  const isWhole =
    shared?.names.join() === names.join() &&
    shared.algorithm === algorithm &&
    names.every((name) => shared?.agora.process(name).isRunning());
  if (isWhole) return shared?.agora;
  await endIdleAgora();
  return undefined;
}
