import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ownArgument } from './process-identity.js';
import { stopRequests } from './stop-requests.js';
import { makeTemporaryFolder, removeAbandonedFolders } from './temporary-folder.js';

/** What a command that starts servers of its own is given. */
export interface Workshop {
  /** Empty, and gone afterwards with whatever runs from it. */
  folder: string;
  /** Aborts when the command is asked to stop. */
  signal: AbortSignal;
}

/** Runs the command whose module is `moduleUrl`, and answers its exit code: 130 when it was asked to stop. */
export async function runInFolder(
  moduleUrl: string,
  work: (workshop: Workshop) => Promise<number>,
): Promise<number> {
  const { signal } = stopRequests();
  await removeAbandonedFolders();
  const folder = makeTemporaryFolder(ownArgument(fileURLToPath(moduleUrl)));
  try {
    return await work({ folder, signal });
  } catch (error) {
    if (signal.aborted) return 130;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
