import type { ProcessName } from '@agora/local-stack';
import type { Agora, AgoraOptions } from './agora.js';
import { shareAgora, startAgora } from './share-agora.js';

/** The origin of an Agora that already runs, such as `http://127.0.0.1:8000`; without it each test file starts its own. */
export const givenOrigin = process.env.AGORA_ORIGIN?.replace(/\/$/, '');

/** An Agora as its users see it. Only a test that started it can touch its processes. */
export interface ReachedAgora extends Pick<Agora, 'process' | 'stop'> {
  /** The origin of the gateway. */
  origin: string;
}

interface ReachOptions extends AgoraOptions {
  /** Whether to use `shareAgora`, for files that agree on the algorithm and need no other settings. */
  isShared?: boolean;
}

/** Reaches the Agora at `AGORA_ORIGIN`, whatever its settings are, or starts one as `startAgora` or `shareAgora` does. */
export async function reachAgora(
  names: readonly ProcessName[],
  { isShared = false, ...options }: ReachOptions = {},
): Promise<ReachedAgora> {
  if (givenOrigin === undefined) {
    const agora = await (isShared ? shareAgora(names, options) : startAgora(names, options));
    return { ...agora, origin: agora.process('gateway').url };
  }
  return {
    origin: givenOrigin,
    process: (name) => {
      throw new Error(`${name} of the Agora at ${givenOrigin} is not this test's to touch`);
    },
    stop: () => Promise.resolve(),
  };
}
