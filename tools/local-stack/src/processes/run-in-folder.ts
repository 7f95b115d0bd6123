import { rmSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ownArgument } from './process-identity.js';
import { stopRequests, type StopRequests } from './stop-requests.js';
import { makeTemporaryFolder, removeAbandonedFolders } from '../machine/temporary-folder.js';

/** What a command that starts servers of its own is given. */
export interface Workshop {
  /** Empty, and gone afterwards with whatever runs from it. */
  folder: string;
  /** That the command stop. */
  requests: StopRequests;
}

/** Runs the command whose module is `moduleUrl`, and answers its exit code: 130 when it was asked to stop. */
export async function runInFolder(
  moduleUrl: string,
  work: (workshop: Workshop) => Promise<number>,
): Promise<number> {
  const requests = stopRequests();
  await removeAbandonedFolders();
  const folder = makeTemporaryFolder(ownArgument(fileURLToPath(moduleUrl)));
  try {
    return await work({ folder, requests });
  } catch (error) {
    if (requests.signal.aborted) return 130;
    throw error;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
